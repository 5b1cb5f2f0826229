import { createHash } from "node:crypto";
import { describe, expect, test } from "vitest";
import { readKeyFile } from "#enrollment/keepass/key-file.ts";
import { decodeBase32 } from "#token/base32.ts";
import { readText } from "../files/reading.ts";
import { fixture, PASSWORD, TOKENS } from "./keepass-samples.ts";

/** A file is read with a password; with null, asking for it is the outcome. */
function read(bytes: Buffer, password: string | null = PASSWORD, keyFile?: Buffer) {
  return readText(bytes, { name: "passwords.kdbx", password, keyFile });
}

async function expectTokens(reading: ReturnType<typeof read>): Promise<void> {
  const { app, drafts, refusals } = await reading;
  expect([app, refusals]).toEqual(["KeePass", []]);
  const byIssuer = [...drafts].sort((a, b) => (a.issuer ?? "").localeCompare(b.issuer ?? ""));
  expect(byIssuer).toEqual(
    TOKENS.map(({ issuer, account, secret, credential }) =>
      expect.objectContaining({
        ...{ issuer, account, credential, format: "keepass" },
        secret: decodeBase32(secret),
      }),
    ),
  );
}

/** An XML export with these fields in its only entry. */
function exported(fields: Readonly<Record<string, string>>): Buffer {
  const strings = Object.entries(fields).map(
    ([key, value]) => `<String><Key>${key}</Key><Value>${value}</Value></String>`,
  );
  const entry = `<Entry>${strings.join("")}</Entry>`;
  return Buffer.from(
    `<?xml version="1.0"?><KeePassFile><Root><Group><Name>x</Name>${entry}</Group></Root></KeePassFile>`,
  );
}

/** A database with bytes changed at a place. */
function patched(name: string, at: number, ...bytes: number[]): Buffer {
  const copy = fixture(name);
  copy.set(bytes, at < 0 ? copy.length + at : at);
  return copy;
}

/** A database whose header has other bytes behind some of its bytes. */
function changed(name: string, before: string, ...bytes: number[]): Buffer {
  const file = fixture(name);
  const at = file.indexOf(Buffer.from(before, "latin1"));
  if (at < 0) throw new Error("the header has these bytes");
  file.set(bytes, at + before.length);
  return file;
}

const DATABASES = ["keepassxc", "argon2d-chacha20", "argon2id-aes", "aes-aes"];

describe.each(DATABASES)("the database %s", (name) => {
  const file = () => fixture(`${name}.kdbx`);

  test("gives every token, and neither histories nor the recycle bin", () =>
    expectTokens(read(file())));

  test("denies a wrong password, and names the key file", async () => {
    await expect(read(file(), "wrong")).rejects.toMatchObject({
      code: "denied",
      message: "the password does not open this database of KeePass",
      hint: expect.stringContaining("--key-file"),
    });
  });

  test("is refused where it was cut off, wherever that is", async () => {
    const whole = file();
    for (const length of [4, 5, 12, 13, 100, 200, 330, whole.length - 1])
      await expect(read(whole.subarray(0, length))).rejects.toMatchObject({ code: "invalid" });
  });

  test("is refused where a byte of its content is another one", async () => {
    for (const back of [100, 200, 300])
      await expect(read(patched(`${name}.kdbx`, -back, 0x55, 0xaa))).rejects.toMatchObject({
        code: "invalid",
        message: expect.stringMatching(/damaged/),
      });
  });
});

describe("a key file", () => {
  test("opens a database together with the password, and not without", async () => {
    const file = fixture("keepassxc-key-file.kdbx");
    const keyFile = fixture("keepassxc-key-file.keyx");
    await expectTokens(read(file, PASSWORD, keyFile));
    for (const wrong of [read(file), read(file, "wrong", keyFile)])
      await expect(wrong).rejects.toMatchObject({ code: "denied" });
    await expect(read(file, PASSWORD, Buffer.from("another"))).rejects.toMatchObject({
      code: "denied",
      hint: expect.stringContaining("the key file may be another one"),
    });
  });

  test("opens a database that has no password without asking for one", () =>
    expectTokens(
      read(
        fixture("keepassxc-key-file-alone.kdbx"),
        null,
        fixture("keepassxc-key-file-alone.keyx"),
      ),
    ));

  test("opens nothing but databases", async () => {
    await expect(read(fixture("export.xml"), null, Buffer.from("x"))).rejects.toMatchObject({
      code: "usage",
    });
  });

  test("is read in each of its forms", () => {
    const key = Buffer.alloc(32, 0xa5);
    const hash = createHash("sha256").update(key).digest("hex").slice(0, 8).toUpperCase();
    const xml = (version: string, data: string) =>
      `<?xml version="1.0"?>\n<KeyFile><Meta><Version>${version}</Version></Meta><Key>${data}</Key></KeyFile>`;
    const forms = [
      key,
      Buffer.from(key.toString("hex")),
      Buffer.from(xml("1.00", `<Data>${key.toString("base64")}</Data>`)),
      Buffer.from(xml("2.0", `<Data Hash="${hash}">\n A5A5 ${"A5".repeat(30)}\n</Data>`)),
    ];
    for (const form of forms) expect(readKeyFile(form)).toEqual(key);
    const other = Buffer.from("any file");
    expect(readKeyFile(other)).toEqual(createHash("sha256").update(other).digest());
    for (const damaged of [
      xml("2.0", `<Data Hash="00000000">${key.toString("hex")}</Data>`),
      xml("3.0", `<Data>${key.toString("hex")}</Data>`),
      xml("1.00", "<Data>!</Data>"),
      "<KeyFile></KeyFile>",
    ])
      expect(() => readKeyFile(Buffer.from(damaged))).toThrow(/key file is damaged/);
  });
});

describe("the XML export", () => {
  test("gives every token, and neither histories nor the recycle bin", () =>
    expectTokens(read(fixture("export.xml"), null)));

  test.each([
    [{ "TimeOtp-Secret": "12345678901234567890" }],
    [{ "TimeOtp-Secret-Hex": "3132333435363738393031323334353637383930" }],
    [{ "TimeOtp-Secret-Base32": "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ" }],
    [{ "TimeOtp-Secret-Base64": "MTIzNDU2Nzg5MDEyMzQ1Njc4OTA=" }],
    [{ otp: "key=MTIzNDU2Nzg5MDEyMzQ1Njc4OTA%3d&amp;encoding=Base64" }],
    [{ otp: "size=6&amp;key=gezdgnbvgy3tqojqgezdgnbvgy3tqojq" }],
    [{ "TOTP Seed": "GEZD GNBV GY3T QOJQ GEZD GNBV GY3T QOJQ" }],
    [{ otp: "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ" }],
    [{ OTPAuth: "otpauth://totp/?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ" }],
  ])("takes the secret of %o", async (fields) => {
    const { drafts, refusals } = await read(exported({ Title: "ACME", ...fields }), null);
    expect(refusals).toEqual([]);
    expect(drafts.map(({ issuer, secret }) => [issuer, secret.toString()])).toEqual([
      ["ACME", "12345678901234567890"],
    ]);
    expect(drafts[0]?.credential).toMatchObject({ kind: "totp", digits: 6, period: 30 });
  });

  test("takes an event-based token beside a time-based one", async () => {
    const secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
    const fields = {
      ...{ "HmacOtp-Secret-Base32": secret, "HmacOtp-Counter": "9" },
      ...{ "TOTP Seed": secret, "TOTP Settings": "60;8;time.test" },
    };
    const { drafts } = await read(exported(fields), null);
    expect(drafts.map(({ credential }) => credential)).toEqual([
      expect.objectContaining({ kind: "totp", digits: 8, period: 60 }),
      expect.objectContaining({ kind: "hotp", digits: 6, counter: 9n }),
    ]);
  });

  test("names an entry whose token cannot be taken, without its secret", async () => {
    const bad = { Title: "ACME", "TimeOtp-Secret-Hex": "xyz" };
    expect((await read(exported(bad), null)).refusals).toEqual([
      expect.stringMatching(/^ACME: secret is not hexadecimal/),
    ]);
  });

  test.each([
    ["a document type", '<!DOCTYPE x [<!ENTITY a "b">]><KeePassFile></KeePassFile>'],
    ["an end that is missing", "<KeePassFile><Root>"],
    ["an end of another element", "<KeePassFile><Root></Meta></KeePassFile>"],
    ["deep groups", `<KeePassFile>${"<Group>".repeat(1_000)}`],
    ["a tag without end", `<KeePassFile><Root ${"x".repeat(10_000)}`],
    ["an entity", "<KeePassFile><String><Key>&nope;</Key></String></KeePassFile>"],
  ])("is refused for %s", async (_, xml) => {
    await expect(read(Buffer.from(xml), null)).rejects.toMatchObject({ code: "invalid" });
  });
});

describe("headers", () => {
  const aes = "aes-aes.kdbx";
  const argon2 = "argon2id-aes.kdbx";
  const big = Array<number>(7).fill(0xff);

  test.each([
    [
      "a newer version",
      patched(aes, 10, 5),
      /^this file of KeePass has version 5, and fob reads 3, 4$/,
    ],
    ["KeePass 1", patched(aes, 4, 0x65), /database of KeePass 1/],
    ["Twofish", fixture("aes-twofish.kdbx"), /encrypted with Twofish/],
    ["a field that is too long", patched(aes, 13, ...big), /damaged/],
    ["many rounds", changed(aes, "\x05\x01\0\0\0R\x08\0\0\0", ...big), /too long/],
    ["much memory", changed(argon2, "\x05\x01\0\0\0M\x08\0\0\0", 0, 0, 0, 0, 9), /256 MiB/],
    ["many passes", changed(argon2, "\x05\x01\0\0\0I\x08\0\0\0", ...big), /whole|too long/],
    ["Argon2 1.0", changed(argon2, "\x04\x01\0\0\0V\x04\0\0\0", 0x10), /version 16 of Argon2/],
    ["a stranger's KDF", changed(aes, "$UUID\x10\0\0\0", 1, 2, 3), /key derivation "010203/],
    ["a changed seed", patched(aes, 100, 1, 2, 3), /damaged/],
  ])("%s: refused before a password is asked for", async (_, bytes, message) => {
    await expect(read(bytes, null)).rejects.toMatchObject({ code: "invalid", message });
  });
});
