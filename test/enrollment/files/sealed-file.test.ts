import { describe, expect, test } from "vitest";
import { decodeBase32 } from "#token/base32.ts";
import { readText } from "./reading.ts";
import { SAMPLES, type Sample, STEAM, uriList } from "./samples.ts";
import { cotp, fixture, PASSWORD, SEALED } from "./sealed/sealed-samples.ts";

const ASCII = String.fromCharCode(...Array.from({ length: 95 }, (_, i) => 32 + i));

/** A file is read with a password; without one, asking for it is the outcome. */
function read(bytes: Buffer, password: string | null = PASSWORD) {
  return readText(bytes, { password });
}

function tokens(wanted: readonly Sample[], format: string) {
  return wanted.map(({ issuer, account, secret, credential }) =>
    expect.objectContaining({ issuer, account, credential, format, secret: decodeBase32(secret) }),
  );
}

/** A JSON file with some of its fields changed. */
function changed(name: string, changes: object): Buffer {
  return Buffer.from(JSON.stringify({ ...JSON.parse(fixture(name).toString()), ...changes }));
}

/** A file with bytes changed at a place. */
function patched(name: string, at: number, ...bytes: number[]): Buffer {
  const copy = fixture(name);
  copy.set(bytes, at);
  return copy;
}

const FILES = [
  ...SEALED.map(({ name, id, app, tokens: wanted }) => ({ name, id, app, wanted })),
  { name: "freeotp", id: "freeotp", app: "FreeOTP", wanted: [...SAMPLES, STEAM] },
];

describe.each(FILES)("the encrypted file $name", ({ name, id, app, wanted }) => {
  test("gives every token with all of its parameters", async () => {
    const content = await read(fixture(name));
    expect(content.refusals).toEqual([]);
    expect(content.app).toBe(app);
    const byIssuer = [...content.drafts].sort((a, b) =>
      (a.issuer ?? "").localeCompare(b.issuer ?? ""),
    );
    expect(byIssuer).toEqual(tokens(wanted, id));
  });

  test("denies a wrong password, and says what else may be wrong", async () => {
    const denial = {
      code: "denied",
      message: expect.stringMatching(
        new RegExp(`the password does not open this file of (?:.* or )?${app}`),
      ),
      hint: expect.stringContaining("the file is damaged"),
    };
    const unmarked = ["andotp-old", "otpclient-1"].includes(name);
    if (unmarked) denial.message = expect.stringContaining("andOTP or OTPClient");
    await expect(read(fixture(name), "wrong")).rejects.toMatchObject(denial);
  });

  test("is refused where it was cut off", async () => {
    const failure = await read(fixture(name).subarray(0, -1)).catch((error) => error);
    expect(failure.code).toMatch(/^(invalid|denied)$/);
    expect(`${failure.message} ${failure.hint}`).toMatch(/damaged/);
  });
});

describe("a file whose beginning was cut off after its mark", () => {
  test.each([
    ["stratum", 16],
    ["stratum", 43],
    ["stratum", 59],
    ["stratum-old", 16],
    ["stratum-old", 52],
    ["otpclient-2", 9],
    ["otpclient-2", 91],
    ["otpclient-3", 88],
    ["freeotp", 4],
    ["freeotp", 200],
  ])("%s of %i bytes is damaged, and no password is asked for", async (name, length) => {
    await expect(read(fixture(name).subarray(0, length), null)).rejects.toMatchObject({
      code: "invalid",
      message: expect.stringMatching(/is damaged or was cut off$/),
    });
  });
});

test("an entry of FreeOTP whose secret does not open hinders no other", async () => {
  const file = fixture("freeotp");
  // the quotes in a token's key are escaped, unlike those in the master key
  const broken = /mCipherText\\":\[-?\d/.exec(file.toString("latin1"));
  if (!broken) throw new Error("the file has keys");
  const digitAt = broken.index + broken[0].length - 1;
  file[digitAt] = file[digitAt] === 0x31 ? 0x32 : 0x31;
  const { drafts, refusals } = await read(file);
  expect(drafts).toHaveLength(SAMPLES.length);
  expect(refusals).toEqual([
    expect.stringMatching(/^\w.*: its secret does not open with the key of the file$/),
  ]);
});

test("the plain exports of cotp are read, with their Mobile-OTP tokens", async () => {
  const motp = {
    ...{ secret: "00112233445566778899aabbccddeeff", issuer: "Radius", label: "ann" },
    ...{ digits: 6, type: "MOTP", algorithm: "MD5", period: 10, counter: null, pin: "1234" },
  };
  const { version, elements } = JSON.parse(cotp);
  const exported = Buffer.from(JSON.stringify({ version, elements: [...elements, motp] }));
  const { app, drafts, refusals } = await read(exported, null);
  expect([app, refusals]).toEqual(["cotp", []]);
  expect(drafts.slice(0, -1)).toEqual(tokens([...SAMPLES, STEAM], "cotp"));
  expect(drafts.at(-1)).toMatchObject({
    credential: { kind: "motp" },
    secret: Buffer.from(motp.secret, "hex"),
  });
  const strings = await read(Buffer.from(JSON.stringify({ items: [...uriList.split("\n"), 5] })));
  expect(strings.drafts).toEqual(tokens([...SAMPLES, STEAM], "cotp"));
  expect(strings.refusals).toHaveLength(1);
});

describe("another version", () => {
  test.each([
    ["Ente Auth", changed("ente", { version: 2 }), "2, and fob reads 1"],
    ["Proton Authenticator", changed("proton", { version: 2 }), "2, and fob reads 1"],
    ["cotp", changed("cotp", { version: 2 }), "2, and fob reads 1"],
    ["cotp", Buffer.from('{"version": 3, "elements": []}'), "3, and fob reads 2"],
    ["OTPClient", patched("otpclient-3", 12, 4), "4, and fob reads 2, 3"],
  ])("of %s is refused by its number, and no password is asked for", async (app, bytes, told) => {
    await expect(read(bytes, null)).rejects.toMatchObject({
      code: "invalid",
      message: `this file of ${app} has version ${told}`,
      hint: "a newer fob may read it; a list of Key URIs is read in any case",
    });
  });

  test.each([
    ["Ente Auth", changed("ente", { version: 0 })],
    ["Proton Authenticator", changed("proton", { version: 0 })],
    ["cotp", changed("cotp", { version: 0 })],
    ["OTPClient", patched("otpclient-3", 12, 1)],
  ])("of %s that is older is not told as newer", async (app, bytes) => {
    await expect(read(bytes, null)).rejects.toMatchObject({
      code: "invalid",
      message: expect.stringMatching(`^this file of ${app} has version [01], and fob reads `),
      hint: expect.stringMatching(`^today's ${app} may open it, and export it again;`),
    });
  });
});

test.each([
  [changed("bitwarden-pbkdf2", { kdfType: 2 }), "kdfType 2"],
  [changed("bitwarden-pbkdf2", { data: "7.AAAA" }), "encryption 7"],
])(
  "a method that is not known is named, and no password is asked for (%#)",
  async (bytes, told) => {
    await expect(read(bytes, null)).rejects.toMatchObject({
      code: "invalid",
      message: `this file of Bitwarden is encrypted with ${told}, which this fob does not read`,
      hint: expect.stringContaining("newer fob"),
    });
  },
);

describe("costs and lengths that lie", () => {
  const kdfParams = (memLimit: unknown, opsLimit: unknown, salt = "AAAAAAAAAAAAAAAAAAAAAA==") =>
    changed("ente", { kdfParams: { memLimit, opsLimit, salt } });
  const argon2 = (changes: object) => changed("bitwarden-argon2id", changes);
  const big = [0x7f, 0xff, 0xff, 0xff];

  test.each([
    ["memory", kdfParams(2 ** 40, 1), /takes more than 256 MiB/],
    ["1 GiB, 5 times", kdfParams(2 ** 30, 5), /takes more than 256 MiB/],
    ["512 MiB", argon2({ kdfMemory: 512, kdfIterations: 1 }), /takes more than 256 MiB/],
    ["passes", kdfParams(2 ** 26, 2 ** 31), /would take too long/],
    ["many passes", argon2({ kdfIterations: 10, kdfMemory: 128 }), /would take too long/],
    ["lanes", argon2({ kdfParallelism: 2 ** 20 }), /cannot be derived with 1048576 lanes/],
    ["no memory", kdfParams(1, 1), /whole numbers/],
    ["a part of a pass", kdfParams(2 ** 20, 1.5), /damaged/],
    ["no passes", argon2({ kdfIterations: 0 }), /damaged/],
    ["no lanes", argon2({ kdfParallelism: null }), /damaged/],
    [
      "iterations",
      changed("bitwarden-pbkdf2", { kdfIterations: 2_000_001 }),
      /would take too long/,
    ],
    ["a short salt", kdfParams(2 ** 26, 2, "AAAA"), /damaged/],
    ["a long salt", changed("proton", { salt: "A".repeat(44) }), /damaged/],
    ["a short nonce", changed("cotp", { nonce: "AAAA" }), /damaged/],
    ["no Base64", changed("cotp", { cipher: "!!!" }), /damaged/],
    ["no text", changed("bitwarden-pbkdf2", { data: 5 }), /damaged/],
    ["two parts", changed("bitwarden-pbkdf2", { data: "2.AAAA|AAAA" }), /damaged/],
    ["OTPClient's passes", patched("otpclient-3", 61, ...big), /would take too long/],
    ["OTPClient's memory", patched("otpclient-3", 65, ...big), /takes more than 256 MiB/],
    ["OTPClient's lanes", patched("otpclient-3", 69, ...big), /lanes/],
    ["no lanes of OTPClient", patched("otpclient-3", 69, 0, 0, 0, 0), /whole numbers/],
    ["entries of a map", patched("freeotp", 0x4d, ...big), /damaged/],
    ["the length of a text", patched("freeotp", 0x52, 0xff, 0xff), /damaged/],
  ])("%s: refused before a password is asked for", async (_, bytes, message) => {
    await expect(read(bytes, null)).rejects.toMatchObject({ code: "invalid", message });
  });

  test("what Ente Auth takes itself is let through, once", async () => {
    for (const [memory, passes] of [
      [2 ** 30, 4],
      [2 ** 29, 8],
      [2 ** 28, 16],
    ])
      await expect(read(kdfParams(memory, passes), null)).rejects.toThrow("asked for the password");
  });
});

describe("a file that holds something else", () => {
  test.each([
    ["a program", Buffer.concat([fixture("andotp-old"), Buffer.alloc(400)])],
    ["a few bytes", Buffer.from([0xff, 0, 1, 2, 3])],
    ["a word in Latin-1", Buffer.from("Gr\u00fc\u00dfe, xyz! 0123456789 (28-42)", "latin1")],
    ["Latin-1", Buffer.from(`${ASCII.repeat(2)}\u00e4\u00f6\u00fc`, "latin1")],
  ])("%s is not taken for an encrypted file", async (_, bytes) => {
    await expect(read(bytes, null)).rejects.toMatchObject({ code: "invalid" });
  });

  test.each([
    ["a 7-Zip archive", "377abcaf271c"],
    ["a gzip file", "1f8b08"],
    ["a program", "7f454c46"],
    ["a program", "4d5a90000300000050450000"],
    ["an SQLite database", "53514c69746520666f726d6174203300"],
    ["a PDF document", "255044462d312e37"],
  ])("%s (%s) is named", async (name, beginning) => {
    const bytes = Buffer.concat([Buffer.from(beginning, "hex"), fixture("andotp-old")]);
    await expect(read(bytes, null)).rejects.toMatchObject({
      code: "invalid",
      message: expect.stringMatching(new RegExp(`is ${name}, which fob does not read$`)),
    });
  });

  test.each([
    ["bytes", Buffer.concat([Buffer.from("age-encryption.org/v1\n-> "), fixture("andotp-old")])],
    ["text", Buffer.from("\n-----BEGIN AGE ENCRYPTED FILE-----\nYWdl\n")],
  ])("a backup of fob as %s says what restores it", async (_, bytes) => {
    await expect(read(bytes, null)).rejects.toMatchObject({
      code: "invalid",
      message: expect.stringMatching(/ is a backup, or another file encrypted with age$/),
      hint: expect.stringContaining("fob restore "),
    });
  });

  test.each([
    ["text", Buffer.from("-----BEGIN PGP MESSAGE-----\n\nhQEMA\n")],
    ["bytes", Buffer.concat([Buffer.from([0x85, 1, 0x0c, 3]), fixture("andotp-old")])],
  ])("an OpenPGP message as %s says what opens it", async (_, bytes) => {
    await expect(read(bytes, null)).rejects.toMatchObject({
      message: "this file is encrypted with OpenPGP",
      hint: expect.stringContaining("gpg --decrypt"),
    });
  });

  test.each(["76561198000000000.maFile", "x.MAFILE"])(
    "%s that Steam Desktop Authenticator has encrypted says what to do there",
    async (name) => {
      const sealed = fixture("andotp-old").subarray(0, 96).toString("base64");
      await expect(readText(sealed, { name, password: null })).rejects.toMatchObject({
        code: "invalid",
        message: `Steam Desktop Authenticator has encrypted ${name}`,
        hint: expect.stringContaining("turn Manage Encryption off"),
      });
    },
  );

  test("one that is encrypted for its account only says what to do", async () => {
    const file = Buffer.from(
      '{"encrypted": true, "encKeyValidation_DO_NOT_EDIT": "2.x", "items": []}',
    );
    await expect(read(file, null)).rejects.toThrow(/Bitwarden export is encrypted/);
  });
});
