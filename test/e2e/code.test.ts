import { describe, expect, test } from "vitest";
import { HOTP_URI, RFC_CODES, type TestHome, TOTP_URI, testHome } from "./fob.ts";

async function homeWith(...uris: string[]): Promise<TestHome> {
  const home = testHome();
  expect((await home.fob(["enroll", "-"], { input: uris.join("\n") })).exitCode).toBe(0);
  return home;
}

describe("fob code", () => {
  test("prints the passcode and a newline, and nothing else", async () => {
    const { fob } = await homeWith(TOTP_URI);
    const { stdout, stderr, exitCode } = await fob(["code", "Example"]);
    expect(stdout).toMatch(/^\d{8}\n$/);
    expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 });
  });

  test.each([
    [["code", "nix"], 3, 'no token is called "nix"'],
    [["code", "Exampel"], 3, "hint: did you mean Example?"],
    [["code", "e"], 0, ""],
    [["code"], 5, "a NAME answers without a terminal"],
    [["code", "--all", "Example"], 2, "--all and a NAME exclude each other"],
    [["code", "ACME", "--next"], 2, "--next and --at are for time-based tokens"],
    [["code", "Example", "--at", "yesterday"], 2, "not a time that is understood"],
    [["code", "Example", "--min-validity", "x"], 2, "--min-validity"],
    [["code", "--frobnicate"], 2, "unknown option '--frobnicate'"],
    [["cod", "Example"], 2, "did you mean code?"],
  ])("answers %j with exit code %i", async (args, exitCode, message) => {
    const { fob } = await homeWith(HOTP_URI, TOTP_URI);
    const outcome = await fob(args);
    expect(outcome).toMatchObject({ exitCode, stderr: expect.stringContaining(message) });
    if (exitCode !== 0) expect(outcome.stdout).toBe("");
  });

  test("prints the server's PIN with the passcode, in the order of the token", async () => {
    const uri = (name: string, policy: string) => HOTP_URI.replace("ACME:ann", name) + policy;
    const { fob } = await homeWith(
      uri("before", "&pinpolicy=server"),
      uri("after", "&pinpolicy=server,pin-order=after"),
      uri("none", ""),
    );
    const env = { FOB_PIN: "7391" };
    const [first, second] = RFC_CODES;
    // without a PIN, no counter is used up
    expect(await fob(["code", "before", "--with-pin"])).toMatchObject({ exitCode: 5, stdout: "" });
    const printed = await fob(["code", "before", "--with-pin"], { env });
    expect(printed).toEqual({ stdout: `7391${first}\n`, stderr: "", exitCode: 0 });
    expect((await fob(["code", "after", "--with-pin"], { env })).stdout).toBe(`${first}7391\n`);
    expect((await fob(["code", "before", "after", "--with-pin"], { env })).stdout).toBe(
      `7391${second}\tACME\n${second}7391\tACME:after\n`,
    );
    expect((await fob(["show", "after"])).stdout).toMatch(/^PIN +server, after the passcode$/m);
    expect(JSON.parse((await fob(["show", "after", "--json"])).stdout).pinOrder).toBe("after");
    for (const args of [["none"], ["--all"], ["before", "--watch"]])
      expect(await fob(["code", ...args, "--with-pin"], { env })).toMatchObject({ exitCode: 2 });
    // exports and backups keep the order
    const { stdout } = await fob(["export", "after", "--yes"]);
    expect(stdout).toContain("pinpolicy=server%2Cpin-order%3Dafter");
    expect((await fob(["code", "none"])).stdout).toBe(`${first}\n`);
  });

  test("prints by a template of one's own, and waits for a fresh passcode, where options say so", async () => {
    const { fob } = await homeWith(HOTP_URI, TOTP_URI);
    const args = ["code", "Example", "--min-validity", "1", "--format", "{name}\\t{code}"];
    expect((await fob(args)).stdout).toMatch(/^Example\t\d{8}\n$/);
  });

  test("has an ambiguous name in JSON, too", async () => {
    const { fob } = await homeWith(HOTP_URI, HOTP_URI.replaceAll("ACME", "Acorn"));
    const { stderr } = await fob(["code", "ac", "--json"]);
    expect(JSON.parse(stderr).error).toMatchObject({ code: "ambiguous" });
  });

  test("gives 16 processes at once 16 different consecutive passcodes", async () => {
    const { fob } = await homeWith(HOTP_URI);
    const plain = await Promise.all(Array.from({ length: 16 }, () => fob(["code", "ACME"])));
    expect(plain.map(({ exitCode }) => exitCode)).toEqual(Array.from({ length: 16 }, () => 0));
    expect(new Set(plain.map(({ stdout }) => stdout)).size).toBe(16);
    for (const code of RFC_CODES) expect(plain.map(({ stdout }) => stdout)).toContain(`${code}\n`);
    const json = await Promise.all(
      Array.from({ length: 16 }, () => fob(["code", "ACME", "--json"])),
    );
    const counters = json
      .map(({ stdout }) => JSON.parse(stdout).counter as number)
      .sort((a, b) => a - b);
    expect(counters).toEqual(Array.from({ length: 16 }, (_, i) => 16 + i));
  });
});
