import { describe, expect, test } from "vitest";
import { HOTP_URI, RFC_CODES, type TestHome, TOTP_URI, testHome } from "./fob.ts";

async function enrolled(): Promise<TestHome> {
  const home = testHome();
  await home.fob(["enroll", "-"], { input: `${HOTP_URI}\n${TOTP_URI}` });
  return home;
}

const names = async ({ fob }: TestHome) =>
  (await fob(["list"])).stdout.split("\n").map((line) => line.split("\t")[0]);

describe("fob list and show", () => {
  test("give scripts everything but the secret", async () => {
    const { fob } = await enrolled();
    const [acme] = JSON.parse((await fob(["list", "--json"])).stdout);
    expect(acme).toEqual({
      id: expect.stringMatching(/^[0-9a-f]{16}$/),
      name: "ACME",
      issuer: "ACME",
      account: "ann",
      kind: "hotp",
      algorithm: "SHA1",
      digits: 6,
      alphabet: "decimal",
      counter: 0,
      serial: null,
      pin: "none",
      wiped: false,
      accessDomain: "00",
      favorite: false,
      confirm: "never",
      heldBy: null,
      tags: [],
      format: "key-uri",
      enrolledAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      lastUsedAt: null,
    });
    await fob(["code", "ACME"]);
    const shown = JSON.parse((await fob(["show", acme.id, "--json"])).stdout);
    expect(shown).toMatchObject({
      name: "ACME",
      counter: 1,
      lastUsedAt: expect.stringMatching(/Z$/),
    });
  });

  test("show an empty vault as an empty list", async () => {
    const { fob } = testHome();
    expect(await fob(["list", "--json"])).toMatchObject({ stdout: "[]\n", exitCode: 0 });
    expect(await fob(["list"])).toEqual({
      stdout: "",
      stderr: "no tokens yet: `fob enroll` adds one\n",
      exitCode: 0,
    });
    expect(await fob(["show", "x"])).toMatchObject({ exitCode: 3 });
  });

  test("narrow by a pattern and add passcodes", async () => {
    const { fob } = await enrolled();
    expect((await fob(["list", "BOB"])).stdout).toBe("Example\tExample\tbob\ttime-based\t-\n");
    expect((await fob(["list", "--codes"])).stdout).toMatch(/ACME\t.*\t-\nExample\t.*\t\d{8}\n$/);
    expect((await fob(["code", "ACME"])).stdout).toBe(`${RFC_CODES[0]}\n`);
  });
});

describe("housekeeping", () => {
  test.each([
    ["show", "NAME"],
    ["favorite", "NAME"],
    ["rename", "NAME"],
    ["rename vpn", "NEW"],
    ["challenge", "NAME"],
    ["access domain", "NAME"],
    ["access revoke", "LABEL"],
  ])("`fob %s` asks for %s at a terminal alone", async (line, missing) => {
    const { stdout, stderr, exitCode } = await testHome().fob(line.split(" "));
    expect({ stdout, exitCode }).toEqual({ stdout: "", exitCode: 2 });
    const command = line.replace(" vpn", "");
    expect(stderr).toBe(
      `fob: missing required argument '${missing}'\nhint: fob ${command} --help shows how it is used\n`,
    );
  });

  test("renames, and refuses a name that is taken or cannot be shown", async () => {
    const home = await enrolled();
    expect(await home.fob(["rename", "ACME", "vpn"])).toMatchObject({
      stdout: "ACME is now called vpn\n",
      exitCode: 0,
    });
    expect(await names(home)).toEqual(["Example", "vpn", ""]);
    for (const bad of ["EXAMPLE", "", "x\u001b[31m", "n".repeat(300)]) {
      expect(await home.fob(["rename", "vpn", bad])).toMatchObject({ exitCode: 2 });
    }
    expect((await home.fob(["code", "vpn"])).stdout).toBe(`${RFC_CODES[0]}\n`);
  });

  test("lists favorites first", async () => {
    const home = await enrolled();
    await home.fob(["favorite", "Example"]);
    expect(await names(home)).toEqual(["Example", "ACME", ""]);
    await home.fob(["favorite", "Example", "--off"]);
    expect(await names(home)).toEqual(["ACME", "Example", ""]);
  });

  test("removes only when told so, and restores counter and PIN", async () => {
    const home = await enrolled();
    await home.fob(["code", "ACME"]);
    await home.fob(["pin", "set", "ACME"], { env: { FOB_PIN: "4711" } });
    expect(await home.fob(["remove", "ACME"])).toMatchObject({
      exitCode: 5,
      stderr: expect.stringContaining("--yes"),
    });
    expect(await home.fob(["remove", "ACME", "--yes"])).toMatchObject({
      stdout: "removed ACME\n",
      exitCode: 0,
    });
    expect(await home.fob(["code", "ACME"])).toMatchObject({ exitCode: 3 });
    expect(await names(home)).toEqual(["Example", ""]);
    expect(await home.fob(["restore", "acme"])).toMatchObject({
      stdout: "restored ACME\n",
      exitCode: 0,
    });
    expect(await home.fob(["code", "ACME"])).toMatchObject({ exitCode: 5 });
    expect((await home.fob(["code", "ACME"], { env: { FOB_PIN: "4711" } })).stdout).toBe(
      `${RFC_CODES[1]}\n`,
    );
  });

  test("restores under another name when the old one is taken", async () => {
    const home = await enrolled();
    await home.fob(["remove", "ACME", "--yes"]);
    await home.fob(["rename", "Example", "ACME"]);
    expect((await home.fob(["restore", "ACME"])).stdout).toBe("restored ACME 2\n");
    expect((await home.fob(["code", "ACME 2"])).stdout).toBe(`${RFC_CODES[0]}\n`);
  });
});

describe("fob resync", () => {
  test("moves the counter to after two consecutive passcodes of another device", async () => {
    const { fob } = await enrolled();
    expect(await fob(["resync", "ACME", "254676", "287922"])).toMatchObject({ exitCode: 0 });
    expect((await fob(["code", "ACME"])).stdout).toBe(`${RFC_CODES[7]}\n`);
    expect(await fob(["resync", "ACME", "755224", "287082"])).toMatchObject({ exitCode: 7 });
    expect((await fob(["code", "ACME"])).stdout).toBe(`${RFC_CODES[8]}\n`);
    expect(await fob(["resync", "Example", "755224"])).toMatchObject({ exitCode: 2 });
  });
});

describe("fob verify", () => {
  test("tells the counter, and moves nothing", async () => {
    const { fob } = await enrolled();
    expect(JSON.parse((await fob(["verify", "ACME", "338314", "--json"])).stdout)).toEqual({
      match: true,
      offset: 4,
      counter: 4,
    });
    expect((await fob(["code", "ACME"])).stdout).toBe(`${RFC_CODES[0]}\n`);
    const wrong = await fob(["verify", "ACME", "000000", "--json"]);
    expect(wrong).toMatchObject({ stdout: '{\n  "match": false\n}\n', exitCode: 7 });
    expect(await fob(["verify", "ACME", "338314", "--window", "2"])).toMatchObject({ exitCode: 7 });
  });

  test("tells how far off a clock is, for a stored token and for a string", async () => {
    const { fob } = await enrolled();
    const code = (await fob(["code", "Example", "--at", "@1000000000"])).stdout.trim();
    const verdict = { match: true, offset: -3, step: 33_333_333, clockOffsetSeconds: -90 };
    const at = ["--at", "@1000000090", "--json"];
    expect(JSON.parse((await fob(["verify", "Example", code, ...at])).stdout)).toEqual(verdict);
    expect(
      JSON.parse((await fob(["verify", "-", code, ...at], { input: TOTP_URI })).stdout),
    ).toEqual(verdict);
    expect(
      JSON.parse((await fob(["verify", "Example", "-", ...at], { input: code })).stdout),
    ).toEqual(verdict);
  });
});
