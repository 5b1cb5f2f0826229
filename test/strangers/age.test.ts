import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { TOKEN_VERSION } from "#token/codec.ts";
import { HOTP_URI, TOTP_URI, testHome } from "../e2e/fob.ts";
import { describeWith } from "../requires.ts";

async function homeWithTokens() {
  const from = testHome();
  await from.fob(["enroll", "-"], { input: `${HOTP_URI}\n${TOTP_URI}` });
  await from.fob(["rename", "Example", "mail"]);
  return { ...from, file: join(from.home, "tokens.age") };
}

describeWith({ age: "age", "age-keygen": "age" }, "a backup and the program age", () => {
  test("open each other's files", async () => {
    const { fob, file, home } = await homeWithTokens();
    const identity = join(home, "key.txt");
    const keygen = spawnSync("age-keygen", ["-o", identity], { encoding: "utf8" });
    const recipient = /age1\S+/.exec(keygen.stderr)?.[0] ?? "";
    expect((await fob(["backup", file, "--recipient", recipient])).exitCode).toBe(0);
    const opened = spawnSync("age", ["-d", "-i", identity, file], { encoding: "utf8" });
    expect(JSON.parse(opened.stdout)).toMatchObject({
      format: "fob-backup",
      version: TOKEN_VERSION,
    });
    const ours = join(home, "theirs.age");
    spawnSync("age", ["-r", recipient, "-a", "-o", ours], { input: opened.stdout });
    const to = testHome();
    expect((await to.fob(["restore", ours, "--identity", identity])).stdout).toBe(
      "restored ACME\nrestored mail\n",
    );
    const armored = await fob(["backup", "-", "--recipient", recipient]);
    expect(
      spawnSync("age", ["-d", "-i", identity], { input: armored.stdout, encoding: "utf8" }).stdout,
    ).toContain("fob-backup");
    const other = join(home, "other.txt");
    spawnSync("age-keygen", ["-o", other]);
    expect((await to.fob(["restore", file, "--identity", other])).exitCode).toBe(4);
  });
});
