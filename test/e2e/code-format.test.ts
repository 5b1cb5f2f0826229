import { describe, expect, test } from "vitest";
import { HOTP_URI, RFC_CODES, TOTP_URI, testHome } from "./fob.ts";

describe("fob code --format", () => {
  test("puts fields into a template, and one line for each passcode", async () => {
    const { fob } = testHome();
    await fob(["enroll", "-"], { input: `${HOTP_URI}\n${TOTP_URI}` });
    const format = "{{{name}}}\\t{issuer}:{account} {kind} #{counter}={code}\\\\\\n-";
    expect(await fob(["code", "ACME", "ACME", "--format", format])).toEqual({
      stdout: [0, 1].map((i) => `{ACME}\tACME:ann hotp #${i}=${RFC_CODES[i]}\\\n-\n`).join(""),
      stderr: "",
      exitCode: 0,
    });
    const timed = await fob([
      "code",
      "Example",
      "--at",
      "@59",
      "--format",
      "{code} {validFrom} {validUntil} [{counter}]",
    ]);
    expect(timed.stdout).toBe("94287082 1970-01-01T00:00:30.000Z 1970-01-01T00:01:00.000Z []\n");
    expect((await fob(["code", "Example", "--format", "{secondsLeft}"])).stdout).toMatch(
      /^(?:30|[12]?\d)\n$/,
    );
    expect((await fob(["code", "--all", "--format", "{name}"])).stdout).toBe("Example\n");
  });

  test.each([
    [
      "{cod}",
      "{cod}, which is no field",
      "hint: {name} {code} {issuer} {account} {kind} {validFrom} {validUntil}",
    ],
    ["{}", "{}, which is no field", "{secondsLeft} {counter} are fields"],
    ["{code", "{, which is neither a field nor an escape", "{{ and }} are braces"],
    ["code}", "}, which is neither", "{{ and }} are braces"],
    ["\\x", "\\x, which is neither", "\\n, \\t and \\\\ are escapes"],
    ["code\\", "\\, which is neither", "are escapes"],
  ])("refuses %j before a counter moves", async (format, message, hint) => {
    const { fob } = testHome();
    await fob(["enroll", "-"], { input: HOTP_URI });
    const { stdout, stderr, exitCode } = await fob(["code", "ACME", "--format", format]);
    expect({ stdout, exitCode }).toEqual({ stdout: "", exitCode: 2 });
    expect(stderr).toContain(`fob: --format has ${message}`);
    expect(stderr).toContain(hint);
    expect((await fob(["code", "ACME"])).stdout).toBe(`${RFC_CODES[0]}\n`);
  });

  test("and --copy exclude each other", async () => {
    const { fob } = testHome();
    expect(await fob(["code", "ACME", "--copy", "--format", "{code}"])).toMatchObject({
      exitCode: 2,
    });
  });
});
