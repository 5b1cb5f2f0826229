import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { formatAegis } from "#enrollment/files/aegis-writer.ts";
import { decodeBase32 } from "#token/base32.ts";
import { SAMPLES, stratum, uriList } from "../enrollment/files/samples.ts";
import { fixture, fixturePath, PASSWORD } from "../enrollment/files/sealed/sealed-samples.ts";
import { WITH_KEY_FILE } from "../enrollment/keepass/keepass-samples.ts";
import { RFC_SECRET, testHome } from "./fob.ts";

function written(home: string, name: string, text: string): string {
  const path = join(home, name);
  writeFileSync(path, text);
  return path;
}

describe("fob import", () => {
  test("takes tokens over, and leaves out those that are there already", async () => {
    const { home, fob } = testHome();
    const file = written(home, "tokens.txt", uriList);
    const first = await fob(["import", file]);
    expect(first.exitCode).toBe(0);
    expect(first.stdout.split("\n")).toHaveLength(SAMPLES.length + 2);
    const second = await fob(["import", written(home, "stratum.json", stratum)]);
    expect(second.exitCode).toBe(0);
    expect(second.stdout.trim()).toBe("");
    expect(second.stderr).toContain("4 tokens enrolled already");
    const listed = JSON.parse((await fob(["list", "--json"])).stdout);
    expect(listed.map(({ issuer }: { issuer: string }) => issuer)).toEqual([
      "Acme",
      "Big & Co",
      "Counting",
      "Steam",
    ]);
    expect((await fob(["code", "Counting"])).stdout).toMatch(/^\d{7}\n$/);
  });

  test("takes a token once that is in a file twice, by its parameters and not by its name", async () => {
    const { home, fob } = testHome();
    const uri = `otpauth://totp/ACME:ann?secret=${RFC_SECRET}&issuer=ACME`;
    const file = written(
      home,
      "tokens.txt",
      [uri, uri, uri.replace("ann", "bob"), `${uri}&digits=6`].join("\n"),
    );
    expect(JSON.parse((await fob(["import", file, "--dry-run", "--json"])).stdout)).toHaveLength(2);
    expect(JSON.parse((await fob(["import", file, "--json"])).stdout)).toHaveLength(2);
  });

  test("takes the key file of a KeePass database", async () => {
    const { fob } = testHome();
    const { file, keyFile, env } = WITH_KEY_FILE;
    const without = await fob(["import", file], { env });
    expect([without.exitCode, without.stderr]).toEqual([4, expect.stringContaining("--key-file")]);
    const { exitCode, stdout } = await fob(["import", file, "--key-file", keyFile], { env });
    expect([exitCode, stdout.match(/^imported /gm)?.length]).toEqual([0, 4]);
    expect((await fob(["code", "Counting"])).stdout).toMatch(/^\d{7}\n$/);
  });

  test("asks for the password of an encrypted file, and takes it from a script", async () => {
    const { home, fob } = testHome();
    const secret = decodeBase32(RFC_SECRET);
    if (!Buffer.isBuffer(secret)) throw new Error("a known secret is Base32");
    const credential = {
      kind: "hotp",
      algorithm: "SHA1",
      digits: 6,
      alphabet: "decimal",
      counter: 0n,
    } as const;
    const names = {
      id: "0123456789abcdef",
      name: "vpn",
      issuer: "ACME",
      account: "ann",
      serial: null,
    };
    const vault = await formatAegis(
      [{ ...names, credential, secret }],
      Buffer.from("correct horse battery"),
    );
    const file = written(home, "aegis.json", vault);
    const none = await fob(["import", file]);
    expect([none.exitCode, none.stderr]).toEqual([5, expect.stringContaining("Passphrase")]);
    const wrong = await fob(["import", file], { env: { FOB_PIN: "correct house" } });
    expect([wrong.exitCode, wrong.stderr]).toEqual([
      4,
      expect.stringContaining("does not open this file of Aegis"),
    ]);
    expect((await fob(["list", "--json"])).stdout).toBe("[]\n");
    const right = await fob(["import", file, "--json"], {
      env: { FOB_PIN: "correct horse battery" },
    });
    expect(right.exitCode).toBe(0);
    expect(JSON.parse(right.stdout)).toMatchObject([
      { issuer: "ACME", account: "ann", format: "aegis", counter: 0 },
    ]);
    expect((await fob(["code", "ACME"])).stdout).toBe("755224\n");
  });

  test("tells a wrong password, a newer file and a damaged one apart", async () => {
    const { home, fob } = testHome();
    const file = join(home, "otpclient.enc");
    const sealed = fixture("otpclient-3");
    const outcome = async (bytes: Buffer, password = PASSWORD) => {
      writeFileSync(file, bytes);
      const { exitCode, stderr } = await fob(["import", file], { env: { FOB_PIN: password } });
      return `${exitCode} ${stderr}`;
    };
    expect(await outcome(sealed, "wrong")).toBe(
      "4 fob: the password does not open this file of OTPClient\n" +
        "hint: if the password is right, the file is damaged or was cut off\n",
    );
    expect(await outcome(sealed.subarray(0, 80))).toBe(
      "6 fob: this encrypted file of OTPClient is damaged or was cut off\n",
    );
    const newer = Buffer.from(sealed);
    newer[12] = 4;
    expect(await outcome(newer)).toBe(
      "6 fob: this file of OTPClient has version 4, and fob reads 2, 3\n" +
        "hint: a newer fob may read it; a list of Key URIs is read in any case\n",
    );
    expect((await fob(["list", "--json"])).stdout).toBe("[]\n");
    writeFileSync(file, sealed);
    expect(await fob(["import", file])).toMatchObject({
      exitCode: 5,
      stderr: expect.stringContaining("Passphrase"),
    });
    expect(await outcome(sealed)).toMatch(/^0 /);
    expect((await fob(["code", "Counting"])).stdout).toMatch(/^\d{7}\n$/);
  });

  test("asks for the password of a file without a mark once, whichever app it is of", async () => {
    const { fob } = testHome();
    for (const name of ["andotp", "andotp-old", "otpclient-1"]) {
      const path = fixturePath(name);
      const outcome = await fob(["import", "--dry-run", path], { env: { FOB_PIN: PASSWORD } });
      expect([name, outcome.exitCode, outcome.stderr]).toEqual([name, 0, ""]);
      expect(outcome.stdout).toContain("would import Acme");
    }
  });

  test("shows with --dry-run what would come, and what would not", async () => {
    const { home, fob } = testHome();
    const file = written(home, "tokens.txt", `${uriList}\notpauth://yubi/x?secret=MFRGG`);
    const outcome = await fob(["import", "--dry-run", "--json", file]);
    expect(outcome.exitCode).toBe(0);
    expect(JSON.parse(outcome.stdout)).toHaveLength(4);
    expect(outcome.stderr).toContain("left out: line 5");
    expect((await fob(["list", "--json"])).stdout).toBe("[]\n");
  });

  test("counts what has no place in a token, as inspect does", async () => {
    const { home, fob } = testHome();
    const header = "Title,Url,Username,Password,OTPAuth,Favorite,Archived,Tags,Notes";
    const code = `otpauth://totp/Site:ann?secret=${RFC_SECRET}`;
    const rows = [`Site,,ann,x,${code},,,work;home,"a, note"`, "None,,bob,y,,,,other,text"];
    const file = written(home, "passwords.csv", [header, ...rows].join("\n"));
    const remarks = ["left out: 1 entry without a one-time password"];
    const inspected = JSON.parse((await fob(["inspect", file, "--json"])).stdout);
    expect(inspected.findings).toEqual(
      expect.arrayContaining(
        remarks.map((message) => ({ severity: "info", code: "not-taken-over", message })),
      ),
    );
    const outcome = await fob(["import", file, "--json"]);
    expect(outcome.exitCode).toBe(0);
    expect(JSON.parse(outcome.stdout)).toMatchObject([{ issuer: "Site", account: "ann" }]);
    for (const remark of remarks) expect(outcome.stderr).toContain(remark);

    const none = written(home, "none.csv", `${header}\n${rows[1]}`);
    const empty = await fob(["import", none]);
    expect(empty.exitCode).toBe(6);
    expect(empty.stderr).toContain(remarks[0]);
  });

  test.each([
    ["bytes", []],
    ["armor", ["--armor"]],
  ])("names a backup of fob (%s), and asks for no password", async (_, options) => {
    const { home, fob } = testHome();
    await fob(["enroll", "-"], { input: uriList.split("\n")[0] ?? "" });
    const backup = join(home, "tokens.age");
    const env = { FOB_PIN: PASSWORD };
    expect(await fob(["backup", backup, ...options], { env })).toMatchObject({ exitCode: 0 });
    for (const command of ["import", "inspect"])
      expect(await fob([command, backup], { env })).toEqual({
        exitCode: 6,
        stdout: "",
        stderr: `fob: ${backup} is a backup, or another file encrypted with age\nhint: \`fob restore ${backup}\` reads a backup of fob\n`,
      });
  });

  test.each([
    ["words.txt", "hello world\n", /is not a file that fob knows/],
    ["broken.json", '{"db": ', /begins like JSON, and is damaged/],
    ["empty.txt", "", /empty\.txt is empty$/m],
    ["all-bad.txt", "otpauth://yubi/x?secret=MFRGG", /nothing in .* can be enrolled/],
  ])("explains %s with exit code 6", async (name, text, message) => {
    const { home, fob } = testHome();
    const outcome = await fob(["import", written(home, name, text)]);
    expect(outcome.exitCode).toBe(6);
    expect(outcome.stderr).toMatch(message);
    expect(outcome.stdout).toBe("");
  });

  test("calls tokens without a name after their account or their app, and asks nobody", async () => {
    const { home, fob } = testHome();
    const names = [null, "", "  ", "\ud800", "\u200b", "ok"];
    const items = names.map((name, i) => {
      const totp = `${RFC_SECRET.slice(0, -1)}${"ABCDEF"[i]}`;
      return { type: 1, name, login: { username: i === 1 ? "ann" : null, totp } };
    });
    const file = join(home, "bitwarden.json");
    writeFileSync(file, JSON.stringify({ encrypted: false, items }));
    expect(await fob(["import", file])).toMatchObject({ exitCode: 0, stderr: "" });
    const listed = JSON.parse((await fob(["list", "--json"])).stdout).map(
      ({ name }: { name: string }) => name,
    );
    expect(listed).toEqual(["ann", "Bitwarden", "Bitwarden 2", "Bitwarden 3", "Bitwarden 4", "ok"]);
  });

  test("says that a file is missing or a folder", async () => {
    const { home, fob } = testHome();
    expect(await fob(["import", join(home, "none")])).toMatchObject({
      exitCode: 6,
      stderr: expect.stringContaining("does not exist"),
    });
    expect(await fob(["import", home])).toMatchObject({
      exitCode: 6,
      stderr: expect.stringContaining("is not a file"),
    });
  });

  test("takes a key container with the PIN that its policy wants, as a file and on standard input", async () => {
    const figure = new URL("../enrollment/pskc/fixtures/rfc6030-figure-5.xml", import.meta.url);
    const { fob } = testHome();
    const none = await fob(["import", fileURLToPath(figure)]);
    expect([none.exitCode, none.stderr]).toEqual([
      5,
      expect.stringContaining("New PIN for Issuer"),
    ]);
    const weak = await fob(["import", fileURLToPath(figure)], { env: { FOB_PIN: "12a4" } });
    expect([weak.exitCode, weak.stderr]).toEqual([6, expect.stringContaining("digits only")]);
    expect((await fob(["list", "--json"])).stdout).toBe("[]\n");
    const right = await fob(["import", fileURLToPath(figure), "--json"], {
      env: { FOB_PIN: "7305" },
    });
    expect(JSON.parse(right.stdout)).toMatchObject([
      { name: "Issuer", serial: "987654321", pin: "user", format: "pskc" },
    ]);
    expect((await fob(["code", "Issuer"])).exitCode).toBe(5);
    expect((await fob(["code", "Issuer"], { env: { FOB_PIN: "7305" } })).stdout).toBe("84755224\n");

    const encrypted = readFileSync(
      new URL("../enrollment/pskc/fixtures/rfc6030-figure-7.xml", import.meta.url),
      "utf8",
    );
    const piped = await fob(["enroll", "-", "--name", "seven"], {
      input: encrypted,
      env: { FOB_PIN: "qwerty" },
    });
    // the secret of figure 5, whose first passcode was taken
    expect(piped).toMatchObject({
      exitCode: 0,
      stderr: expect.stringContaining("goes on at the counter 1"),
    });
    expect((await fob(["code", "seven"])).stdout).toBe("94287082\n");
    const wrong = await fob(["inspect", "-"], { input: encrypted, env: { FOB_PIN: "qwertz" } });
    expect(wrong.exitCode).toBe(4);
  });
});
