import { describe, expect, test } from "vitest";
import { HOTP_URI, RFC_CODES, RFC_SECRET, type TestHome, TOTP_URI, testHome } from "./fob.ts";

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

  test("prints what it was at another time", async () => {
    const { fob } = await homeWith(TOTP_URI);
    for (const at of ["@59", "1970-01-01T00:00:59Z"]) {
      expect((await fob(["code", "Example", "--at", at])).stdout).toBe("94287082\n");
    }
    expect((await fob(["code", "Example", "--at", "2033-05-18T03:33:20Z"])).stdout).toBe(
      "69279037\n",
    );
  });

  test("tells scripts how long it is good for", async () => {
    const { fob } = await homeWith(TOTP_URI);
    const now = Date.now();
    const code = JSON.parse((await fob(["code", "Example", "--json"])).stdout);
    expect(code).toMatchObject({
      name: "Example",
      kind: "totp",
      code: expect.stringMatching(/^\d{8}$/),
    });
    expect(Date.parse(code.validUntil) - Date.parse(code.validFrom)).toBe(30_000);
    expect(Date.parse(code.validUntil)).toBeGreaterThan(now);
    expect(code.secondsLeft).toBeLessThanOrEqual(30);
    const next = JSON.parse((await fob(["code", "Example", "--next", "--json"])).stdout);
    expect(Date.parse(next.validFrom)).toBeGreaterThan(now);
  });

  test("moves the counter of an event-based token on, once for each passcode", async () => {
    const { fob } = await homeWith(HOTP_URI);
    for (const code of RFC_CODES.slice(0, 3))
      expect((await fob(["code", "acme"])).stdout).toBe(`${code}\n`);
    expect(JSON.parse((await fob(["code", "ACME", "--json"])).stdout)).toEqual({
      name: "ACME",
      code: RFC_CODES[3],
      kind: "hotp",
      counter: 3,
    });
    expect(JSON.parse((await fob(["show", "ACME", "--json"])).stdout).counter).toBe(4);
  });

  test("prints counters beyond 2^53 as strings", async () => {
    const counter = 2n ** 53n;
    const { fob } = await homeWith(HOTP_URI.replace("counter=0", `counter=${counter}`));
    expect(JSON.parse((await fob(["code", "ACME", "--json"])).stdout).counter).toBe(
      String(counter),
    );
    expect(JSON.parse((await fob(["list", "--json"])).stdout)[0].counter).toBe(
      String(counter + 1n),
    );
  });

  test("waits for a fresh passcode when this one ends too soon", async () => {
    const { fob } = await homeWith(`otpauth://totp/fast?secret=${RFC_SECRET}&period=3`);
    for (let i = 0; i < 3; i++) {
      const { stdout } = await fob(["code", "fast", "--min-validity", "3", "--json", "--quiet"]);
      expect(Date.parse(JSON.parse(stdout).validFrom)).toBeGreaterThan(Date.now() - 1_500);
    }
    expect(await fob(["code", "fast", "--min-validity", "4"])).toMatchObject({ exitCode: 2 });
  });

  test("prints several, in the order asked for", async () => {
    const { fob } = await homeWith(HOTP_URI, TOTP_URI);
    const { stdout } = await fob(["code", "ACME", "Example", "ACME"]);
    expect(stdout).toMatch(/^755224\tACME\n\d{8}\tExample\n287082\tACME\n$/);
    expect(JSON.parse((await fob(["code", "Example", "ACME", "--json"])).stdout)).toHaveLength(2);
  });

  test("with --all leaves out what would use something up, and says so", async () => {
    const { fob } = await homeWith(HOTP_URI, TOTP_URI);
    const { stdout, stderr } = await fob(["code", "--all"]);
    expect(stdout).toMatch(/^\d{8}\tExample\n$/);
    expect(stderr).toMatch(/^left out 1 token /);
    expect((await fob(["code", "ACME"])).stdout).toBe(`${RFC_CODES[0]}\n`);
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

  test("names the candidates of an ambiguous name", async () => {
    const { fob } = await homeWith(HOTP_URI, HOTP_URI.replaceAll("ACME", "Acorn"));
    expect(await fob(["code", "ac"])).toMatchObject({
      exitCode: 3,
      stderr: expect.stringContaining('"ac" fits several tokens: ACME, Acorn'),
    });
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
