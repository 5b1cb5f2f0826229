import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { describeWith } from "../requires.ts";
import { testHome } from "./fob.ts";

const SECRET = "0f4c2d86b1aa7e31";
const URI = `motp://ACME:ann?secret=${SECRET.toUpperCase()}`;

describeWith({ md5sum: "coreutils" }, "a Mobile-OTP token", () => {
  test("gives what md5sum says, and asks for the PIN each time", async () => {
    const { fob } = testHome();
    expect((await fob(["enroll", "-"], { input: URI })).exitCode).toBe(0);
    const seconds = 1_790_000_123;
    const { stdout } = await fob(["code", "ACME", "--at", `@${seconds}`, "--json"], {
      env: { FOB_PIN: "7305" },
    });
    const { stdout: sum } = spawnSync("md5sum", {
      input: `${Math.floor(seconds / 10)}${SECRET}7305`,
      encoding: "utf8",
    });
    expect(JSON.parse(stdout)).toMatchObject({
      code: sum.slice(0, 6),
      kind: "motp",
      validFrom: "2026-09-21T14:15:20.000Z",
      validUntil: "2026-09-21T14:15:30.000Z",
    });
    const verified = await fob(
      ["verify", "ACME", sum.slice(0, 6), "--at", `@${seconds + 20}`, "--json"],
      {
        env: { FOB_PIN: "7305" },
      },
    );
    expect(JSON.parse(verified.stdout)).toMatchObject({
      match: true,
      offset: -2,
      clockOffsetSeconds: -20,
    });
  });
});

describe("a Mobile-OTP string", () => {
  test("is shown without a passcode, and cannot be used without its PIN", async () => {
    const { fob } = testHome();
    const { stdout } = await fob(["inspect", "-", "--json"], { input: `${URI}&pin=1234` });
    expect(JSON.parse(stdout)).toMatchObject({
      format: "mobile-otp",
      enrollable: true,
      tokens: [{ kind: "motp", code: null }],
    });
    expect(stdout).not.toContain("1234");
    await fob(["enroll", "-"], { input: URI });
    expect((await fob(["code", "ACME"])).exitCode).toBe(5);
    expect((await fob(["code", "--all"])).stderr).toContain("left out 1 token");
    expect(JSON.parse((await fob(["show", "ACME", "--json"])).stdout)).toMatchObject({
      kind: "motp",
      period: 10,
    });
  });

  test("is refused where its secret is not hexadecimal", async () => {
    const { fob } = testHome();
    const outcome = await fob(["enroll", "-"], { input: "motp://ACME:ann?secret=xyz" });
    expect([outcome.exitCode, outcome.stderr]).toEqual([
      6,
      expect.stringContaining("not hexadecimal"),
    ]);
    expect((await fob(["enroll", "-"], { input: "motp://ACME:ann" })).stderr).toContain(
      "secret is missing",
    );
  });
});
