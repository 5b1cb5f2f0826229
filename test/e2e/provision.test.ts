import { readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readQrCodes } from "#enrollment/picture/picture.ts";
import { filesBelow, testHome } from "./fob.ts";

describe("fob provision", () => {
  test("makes a new random secret of 160 bits each time, and stores nothing", async () => {
    const { fob, home } = testHome();
    const uris = new Set<string>();
    for (let i = 0; i < 3; i++) {
      const { stdout, stderr } = await fob([
        "provision",
        "totp",
        "--issuer",
        "Big Corp",
        "--account",
        "ann@acme.test",
      ]);
      expect(stderr).toBe("");
      expect(stdout).toMatch(
        /^otpauth:\/\/totp\/Big%20Corp:ann%40acme\.test\?secret=[A-Z2-7]{32}&issuer=Big%20Corp\n$/,
      );
      uris.add(stdout);
    }
    expect(uris.size).toBe(3);
    expect(filesBelow(home)).toEqual([]);
  });

  test.each([
    [
      "totp",
      ["--algorithm", "SHA512", "--digits", "8", "--period", "60", "--bits", "256"],
      { digits: 8, period: 60, algorithm: "SHA512" },
    ],
    [
      "hotp",
      ["--counter", "18446744073709551615", "--serial", "A-1"],
      { kind: "hotp", counter: "18446744073709551615", serial: "A-1" },
    ],
    [
      "ocra",
      ["--suite", "OCRA-1:HOTP-SHA256-8:C-QN08"],
      { kind: "ocra", suite: "OCRA-1:HOTP-SHA256-8:C-QN08", counter: 0 },
    ],
    ["totp", ["--alphabet", "hexadecimal"], { alphabet: "hexadecimal" }],
  ])("makes a %s token with %j that enrolls as such", async (kind, options, expected) => {
    const { fob } = testHome();
    const { stdout } = await fob(["provision", kind, "--account", "ann", ...options]);
    const enrolled = await fob(["enroll", "-", "--json"], { input: stdout });
    expect(JSON.parse(enrolled.stdout)).toEqual([
      expect.objectContaining({ name: "ann", ...expected }),
    ]);
  });

  test.each([
    [["--issuer", "ACME", "--account", "ann"], ""],
    [
      ["--issuer", "ACME"],
      "warning: apps show “ACME” without an account: tokens of several people look the same\n",
    ],
    [
      ["--account", "ann", "--digits", "8"],
      "warning: some apps show 6 digits whatever is given, and not 8\n",
    ],
    [
      ["--account", "ann", "--algorithm", "SHA512", "--period", "60"],
      "warning: some apps take SHA1 whatever is given, and show wrong passcodes for SHA512\n" +
        "warning: some apps take 30 seconds whatever is given, and not 60\n",
    ],
  ])("warns with %j of what apps will do, as inspect does", async (options, stderr) => {
    const { fob } = testHome();
    const made = await fob(["provision", "totp", ...options]);
    expect({ stderr: made.stderr, exitCode: made.exitCode }).toEqual({ stderr, exitCode: 0 });
    const { findings } = JSON.parse(
      (await fob(["inspect", "-", "--json"], { input: made.stdout })).stdout,
    );
    for (const { severity, message } of findings)
      if (severity === "warning") expect(stderr).toContain(message);
  });

  test("draws the code into files that only their owner can read, and that hold it", async () => {
    const { fob, home } = testHome();
    const [png, svg] = [join(home, "code.png"), join(home, "code.svg")];
    const { stdout, stderr } = await fob(["provision", "totp", "--account", "ann", "--qr", png]);
    expect(stderr).toContain("holds secrets");
    expect(await readQrCodes(readFileSync(png), png)).toEqual([stdout.trim()]);
    expect((statSync(png).mode & 0o777).toString(8)).toBe("600");
    await fob(["provision", "totp", "--account", "ann", "--qr", svg]);
    expect(readFileSync(svg, "utf8")).toMatch(/^<svg /);
  });

  test("overwrites nothing", async () => {
    const { fob, home } = testHome();
    const file = join(home, "mine.png");
    writeFileSync(file, "mine");
    expect(await fob(["provision", "totp", "--account", "ann", "--qr", file])).toMatchObject({
      exitCode: 2,
      stdout: "",
    });
    expect(readFileSync(file, "utf8")).toBe("mine");
  });

  test.each([
    [["provision", "totp"], "issuer, account or both are needed"],
    [["provision", "push", "--account", "x"], '"push" is not totp, hotp or ocra'],
    [
      ["provision", "totp", "--account", "x", "--digits", "3"],
      '--digits is "3": 4 to 10 are possible',
    ],
    [
      ["provision", "totp", "--account", "x", "--counter", "3"],
      "a totp token takes no such option",
    ],
    [["provision", "ocra", "--account", "x"], "--suite is missing"],
    [["provision", "totp", "--account", "x", "--bits", "64"], '--bits is "64"'],
    [
      ["provision", "totp", "--account", "x", "--bits", "130"],
      "--bits is 130: a multiple of 8 is needed",
    ],
    [["provision", "totp", "--account", "x", "--qr", "x.bmp"], "neither .png nor .svg"],
    [["provision", "totp", "--account", "x", "--qr"], "--qr draws on a terminal only"],
  ])("answers %j with a usage error", async (args, message) => {
    const { fob } = testHome();
    expect(await fob(args)).toMatchObject({
      exitCode: 2,
      stdout: "",
      stderr: expect.stringContaining(message),
    });
  });
});

describe("fob provision --csv", () => {
  const LIST = `kind,account,serial,digits
,ann,S-1,8
,"O'Hara, Bob",S-2,
hotp,carol,S-3,
`;

  /** A home with a list in it. */
  function withList(list: string) {
    const test = testHome();
    const csv = join(test.home, "staff.csv");
    writeFileSync(csv, list);
    return { ...test, csv };
  }

  test("makes a token for every line, with what the options say besides", async () => {
    const { fob, csv } = withList(LIST);
    const { stdout, stderr } = await fob(["provision", "totp", "--issuer", "ACME", "--csv", csv]);
    expect(stderr).toBe(
      "warning: some apps show 6 digits whatever is given, and not 8 (1 token)\n",
    );
    const enrolled = await fob(["enroll", "-", "--json"], { input: stdout });
    expect(JSON.parse(enrolled.stdout)).toEqual([
      expect.objectContaining({
        kind: "totp",
        issuer: "ACME",
        account: "ann",
        serial: "S-1",
        digits: 8,
      }),
      expect.objectContaining({ kind: "totp", account: "O'Hara, Bob", serial: "S-2", digits: 6 }),
      expect.objectContaining({ kind: "hotp", account: "carol", serial: "S-3", counter: 0 }),
    ]);
  });

  test("tells scripts which URI is whose", async () => {
    const { fob, csv } = withList(LIST);
    const { stdout } = await fob(["provision", "totp", "--csv", csv, "--json"]);
    const { format, tokens, files } = JSON.parse(stdout);
    expect({ format, files }).toEqual({ format: "uri", files: [] });
    expect(tokens.map(({ serial }: { serial: string }) => serial)).toEqual(["S-1", "S-2", "S-3"]);
    expect(tokens[2].uri).toMatch(/^otpauth:\/\/hotp\/carol\?/);
  });

  test("writes them into one encrypted key container", async () => {
    const { fob, home, csv } = withList(LIST);
    const file = join(home, "staff.xml");
    const env = { FOB_PIN: "a long passphrase" };
    const made = await fob(
      ["provision", "totp", "--csv", csv, "--format", "pskc", "--output", file],
      { env },
    );
    expect(made).toMatchObject({ exitCode: 0, stdout: `wrote 3 tokens to ${file}\n` });
    expect(readFileSync(file, "utf8")).toContain("EncryptedValue");
    const imported = await fob(["import", file, "--json"], { env });
    expect(JSON.parse(imported.stdout)).toHaveLength(3);
  });

  test("draws them into one picture each, and all into migration codes", async () => {
    const { fob, home, csv } = withList(LIST.replace(",8\n", ",\n"));
    const [each, all] = [join(home, "each.png"), join(home, "all.png")];
    expect((await fob(["provision", "totp", "--csv", csv, "--qr", each])).exitCode).toBe(0);
    expect((await readQrCodes(readFileSync(join(home, "each-3.png")), ""))[0]).toMatch(
      /^otpauth:\/\/hotp\/carol/,
    );
    expect(
      (await fob(["provision", "totp", "--csv", csv, "--format", "migration", "--qr", all]))
        .exitCode,
    ).toBe(0);
    const [code] = await readQrCodes(readFileSync(all), "");
    expect((await fob(["enroll", "-", "--json"], { input: code ?? "" })).stdout).toContain(
      "O'Hara, Bob",
    );
  });

  test("names the lines that are wrong, and makes tokens of the others", async () => {
    const { fob, csv } = withList("account,digits\nann,6\nbob,3\ncarol,6\n,6\n");
    const { stdout, stderr, exitCode } = await fob(["provision", "totp", "--csv", csv]);
    expect({ exitCode, made: stdout.match(/totp\/[a-z]+/g) }).toEqual({
      exitCode: 6,
      made: ["totp/ann", "totp/carol"],
    });
    expect(stderr.split("\n")).toEqual([
      expect.stringMatching(/staff\.csv line 3: digits is "3"/),
      expect.stringMatching(/staff\.csv line 5: issuer, account or both/),
      "",
    ]);
  });

  test.each([
    ["digits\n3\n", "staff.csv line 2: issuer, account or both are needed"],
    ["name\nann\n", 'staff.csv has a column "name", which means nothing here'],
    ["account\n", "staff.csv holds no line"],
    ["", "staff.csv holds no line"],
    ['account\n"ann\n', "staff.csv is not CSV"],
  ])("refuses %j and makes nothing", async (list, message) => {
    const { fob, csv } = withList(list);
    expect(await fob(["provision", "totp", "--csv", csv])).toMatchObject({
      exitCode: 6,
      stdout: "",
      stderr: expect.stringContaining(message),
    });
  });
});
