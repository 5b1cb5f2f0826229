import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { filesBelow, HOTP_URI, RFC_CODES, RFC_SECRET, TOTP_URI, testHome } from "./fob.ts";

describe("fob enroll", () => {
  test("stores a token from standard input and says what it is", async () => {
    const { fob } = testHome();
    expect(await fob(["enroll", "-"], { input: HOTP_URI })).toEqual({
      stdout: "enrolled ACME (event-based, 6 digits from counter 0, SHA1)\n",
      stderr: "",
      exitCode: 0,
    });
    expect((await fob(["code", "ACME"])).stdout).toBe(`${RFC_CODES[0]}\n`);
  });

  test("warns about a secret on the command line, and enrolls it", async () => {
    const { fob } = testHome();
    const { stderr, exitCode } = await fob(["enroll", HOTP_URI]);
    expect(exitCode).toBe(0);
    expect(stderr).toMatch(/^warning: a secret on the command line/);
    expect(stderr).not.toContain(RFC_SECRET);
  });

  test("reads one string a line, passing over empty lines and comments", async () => {
    const { fob } = testHome();
    const input = `# two tokens\n\n${HOTP_URI}\r\n  ${TOTP_URI}\n`;
    const { stdout } = await fob(["enroll", "-", "--json"], { input });
    expect(JSON.parse(stdout).map((token: { name: string }) => token.name)).toEqual([
      "ACME",
      "Example",
    ]);
  });

  test("stores nothing when one of many is wrong, and names the line", async () => {
    const { fob, home } = testHome();
    const input = `${HOTP_URI}\notpauth://totp/x?secret=${RFC_SECRET}&digits=3\n`;
    const { stdout, stderr, exitCode } = await fob(["enroll", "-"], { input });
    expect({ stdout, exitCode }).toEqual({ stdout: "", exitCode: 6 });
    expect(stderr).toBe('fob: line 2: digits is "3": 4 to 10 are possible\n');
    expect(existsSync(join(home, "vault"))).toBe(false);
  });

  test("tries out without storing", async () => {
    const { fob, home } = testHome();
    const { stdout } = await fob(["enroll", "-", "--dry-run"], { input: TOTP_URI });
    expect(stdout).toBe("would enroll Example (time-based, 8 digits every 30 s, SHA1)\n");
    expect(filesBelow(home)).toEqual([]);
  });

  test("tells scripts what it would store, without inventing an id", async () => {
    const { fob } = testHome();
    const { stdout } = await fob(["enroll", "-", "--dry-run", "--json"], { input: TOTP_URI });
    const [token] = JSON.parse(stdout);
    expect(token).toMatchObject({ name: "Example", kind: "totp", digits: 8, dryRun: true });
    for (const key of ["id", "enrolledAt", "lastUsedAt"]) expect(token).not.toHaveProperty(key);
  });

  test("enrolls a bare secret under a name, and asks for one otherwise", async () => {
    const { fob } = testHome();
    expect(
      (await fob(["enroll", "-", "--name", "bare"], { input: "jbsw y3dp ehpk 3pxp" })).exitCode,
    ).toBe(0);
    const unnamed = await fob(["enroll", "-"], { input: "JBSWY3DPEHPK3PXQ" });
    expect(unnamed.exitCode).toBe(5);
    expect(unnamed.stderr).toContain("hint: --name answers without a terminal\n");
  });

  test("enrolls an activation code", async () => {
    const { fob } = testHome();
    await fob(["enroll", "-"], { input: "XUU75-RROTT-Y5IP6-U3BMV" });
    expect((await fob(["code", "MobilePASS"])).stdout).toBe("246805\n");
  });

  test("refuses the same token twice, and replaces it when told to", async () => {
    const { fob } = testHome();
    await fob(["enroll", "-"], { input: HOTP_URI });
    await fob(["code", "ACME"]);
    const again = await fob(["enroll", "-"], { input: HOTP_URI });
    expect(again).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining("enrolled already, as ACME"),
    });
    const replaced = await fob(["enroll", "-", "--replace"], { input: HOTP_URI });
    expect(replaced).toMatchObject({
      exitCode: 0,
      stderr: expect.stringContaining("goes on at the counter 1"),
    });
    expect((await fob(["code", "ACME"])).stdout).toBe(`${RFC_CODES[1]}\n`);
    expect(JSON.parse((await fob(["restore", "--json"])).stdout)).toHaveLength(1);
  });

  test("gives a token the name asked for, or none", async () => {
    const { fob } = testHome();
    await fob(["enroll", "-", "--name", "vpn"], { input: HOTP_URI });
    expect(await fob(["enroll", "-", "--name", "VPN"], { input: TOTP_URI })).toMatchObject({
      exitCode: 2,
      stderr: "fob: another token is called VPN already\nhint: --replace takes its place\n",
    });
    expect(
      await fob(["enroll", "-", "--name", "VPN", "--replace"], { input: TOTP_URI }),
    ).toMatchObject({
      exitCode: 0,
    });
    expect((await fob(["list"])).stdout).toBe("VPN\tExample\tbob\ttime-based\t-\n");
    expect(
      await fob(["enroll", "-", "--name", "two"], { input: `${HOTP_URI}\n${TOTP_URI}` }),
    ).toMatchObject({
      exitCode: 2,
    });
  });

  test("tells tokens of one issuer apart by their account", async () => {
    const { fob } = testHome();
    const second = HOTP_URI.replace("ACME:ann", "ACME:bob").replace("GEZDGNBV", "GEZDGNBW");
    await fob(["enroll", "-"], { input: `${HOTP_URI}\n${second}` });
    const names = (await fob(["list"])).stdout.split("\n").map((line) => line.split("\t")[0]);
    expect(names).toEqual(["ACME", "ACME:bob", ""]);
  });

  test("guards a new token with a PIN right away", async () => {
    const { fob } = testHome();
    await fob(["enroll", "-", "--pin"], { input: HOTP_URI, env: { FOB_PIN: "4711" } });
    expect((await fob(["code", "ACME"])).exitCode).toBe(5);
    expect((await fob(["code", "ACME"], { env: { FOB_PIN: "4711" } })).stdout).toBe(
      `${RFC_CODES[0]}\n`,
    );
  });

  test("keeps the vault and its key to its owner", async () => {
    const { fob, home } = testHome();
    await fob(["enroll", "-"], { input: HOTP_URI });
    await fob(["code", "ACME"]);
    for (const file of filesBelow(home))
      expect(`${file} ${(statSync(file).mode & 0o777).toString(8)}`).toBe(`${file} 600`);
    expect((statSync(join(home, "vault")).mode & 0o777).toString(8)).toBe("700");
  });

  test("writes neither secret nor name in the clear", async () => {
    const { fob, home } = testHome();
    await fob(["enroll", "-"], { input: HOTP_URI });
    const { readFileSync } = await import("node:fs");
    for (const file of filesBelow(home)) {
      const bytes = readFileSync(file);
      for (const clear of [
        "12345678901234567890",
        RFC_SECRET,
        "ACME",
        Buffer.from("12345678901234567890").toString("base64"),
      ]) {
        expect(bytes.includes(clear)).toBe(false);
      }
    }
  });

  test.each([
    ["nothing", "", 6, "standard input holds no enrollment string"],
    ["a megabyte", "x".repeat(2 ** 20), 6, "longer than 65536 characters"],
    ["some words", "not an enrollment string!", 6, "not an enrollment string that fob knows"],
    [
      "a mistyped activation code",
      "XUU75-RROTT-Y5IP7-U3BMV",
      6,
      "group 3 of the activation code is mistyped",
    ],
    ["a Key URI without secret", "otpauth://totp/x", 6, "secret is missing"],
    [
      "an unknown key type",
      "otpauth://yubikey/x?secret=AAAA",
      6,
      'key type "yubikey" is not supported',
    ],
  ])("answers %s with one clear line", async (_, input, exitCode, message) => {
    const { fob, home } = testHome();
    const outcome = await fob(["enroll", "-", "--name", "x"], { input });
    expect(outcome).toMatchObject({ exitCode, stdout: "" });
    expect(outcome.stderr.split("\n")[0]).toContain(message);
    expect(filesBelow(home)).toEqual([]);
  });

  test("says what to type at an issuer that wants a part of the secret", async () => {
    const { fob } = testHome();
    const input = `otpauth://totp/privacyIDEA:T1?secret=${RFC_SECRET}&issuer=privacyIDEA&2step_salt=8&2step_output=20`;
    const { stdout, exitCode } = await fob(["enroll", "-"], { input });
    expect(exitCode).toBe(0);
    expect(stdout).toMatch(/^type this at the issuer to finish: [A-Z2-7]{20}$/m);
    const json = JSON.parse(
      (await fob(["enroll", "-", "--json", "--name", "second"], { input })).stdout,
    );
    expect(json).toMatchObject([
      { name: "second", clientPart: expect.stringMatching(/^[A-Z2-7 ]+$/) },
    ]);
    expect(
      (await fob(["enroll", "-", "--dry-run", "--name", "third"], { input })).stdout,
    ).not.toContain("type this");
  });
});
