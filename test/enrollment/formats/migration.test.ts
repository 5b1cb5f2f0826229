import fc from "fast-check";
import { PbfWriter } from "pbf";
import { describe, expect, test } from "vitest";
import { recognize } from "#enrollment/recognize.ts";

interface Entry {
  readonly secret: Uint8Array;
  readonly name: string;
  readonly issuer: string;
  readonly algorithm: number;
  readonly digits: number;
  readonly type: number;
  readonly counter: number;
}

const ENTRY: Entry = {
  secret: Buffer.from("12345678901234567890"),
  name: "ACME:ann",
  issuer: "ACME",
  algorithm: 1,
  digits: 1,
  type: 2,
  counter: 0,
};

/** Writes what the app writes, by its published protocol buffer. */
function migrationCode(entries: readonly Partial<Entry>[], batch = { size: 1, index: 0 }): string {
  const writer = new PbfWriter();
  for (const entry of entries) writer.writeMessage(1, writeEntry, { ...ENTRY, ...entry });
  writer.writeVarintField(2, 1);
  writer.writeVarintField(3, batch.size);
  writer.writeVarintField(4, batch.index);
  return `otpauth-migration://offline?data=${encodeURIComponent(Buffer.from(writer.finish()).toString("base64"))}`;
}

function writeEntry(entry: Entry, writer: PbfWriter): void {
  writer.writeBytesField(1, entry.secret);
  writer.writeStringField(2, entry.name);
  writer.writeStringField(3, entry.issuer);
  writer.writeVarintField(4, entry.algorithm);
  writer.writeVarintField(5, entry.digits);
  writer.writeVarintField(6, entry.type);
  writer.writeVarintField(7, entry.counter);
}

describe("Google Authenticator's migration codes", () => {
  test("hold several tokens", async () => {
    const code = migrationCode([
      {},
      { name: "bob@acme.test", issuer: "", algorithm: 2, digits: 2 },
      { name: "Other:eve", issuer: "", type: 1, counter: 7, algorithm: 3 },
    ]);
    const form = { alphabet: "decimal" };
    expect(
      (await recognize(code)).map(({ issuer, account, credential }) => ({
        issuer,
        account,
        credential,
      })),
    ).toEqual([
      {
        issuer: "ACME",
        account: "ann",
        credential: { kind: "totp", algorithm: "SHA1", digits: 6, period: 30, t0: 0, ...form },
      },
      {
        issuer: null,
        account: "bob@acme.test",
        credential: { kind: "totp", algorithm: "SHA256", digits: 8, period: 30, t0: 0, ...form },
      },
      {
        issuer: "Other",
        account: "eve",
        credential: { kind: "hotp", algorithm: "SHA512", digits: 6, counter: 7n, ...form },
      },
    ]);
  });

  test("are read with raw, encoded and URL-safe Base64", async () => {
    // this secret makes all the letters that the encodings differ in
    const code = migrationCode([{ secret: Buffer.from("fbeffffbeffffbeffffbefff", "hex") }]);
    const raw = decodeURIComponent(code);
    expect(raw).toMatch(/[+/]/);
    const urlSafe = raw.replace(
      /(data=)(.*)/,
      (_, key, data) => key + data.replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, ""),
    );
    for (const form of [raw, urlSafe, raw.replaceAll("+", " ")]) {
      expect((await recognize(form))[0]?.secret).toEqual((await recognize(code))[0]?.secret);
    }
  });

  test("tell which of several batches they are", async () => {
    const [draft] = await recognize(migrationCode([{}], { size: 3, index: 1 }));
    expect(draft?.findings).toEqual([
      {
        severity: "info",
        code: "one-batch-of-several",
        message: expect.stringContaining("batch 2 of 3"),
      },
    ]);
  });

  test.each([
    ["otpauth-migration://offline", "data is missing"],
    ["otpauth-migration://offline?data=!!!", "not Base64"],
    ["otpauth-migration://offline?data=AAAA", "damaged|holds no token"],
    [migrationCode([]), "holds no token"],
    [migrationCode([{ secret: new Uint8Array() }]), "secret of a token"],
    [migrationCode([{ algorithm: 4 }]), "algorithm 4 "],
    [migrationCode([{ digits: 9 }]), "digit count 9 "],
    [migrationCode([{ type: 5 }]), "token type 5 "],
    [migrationCode([{ counter: -1 }]), "counter of a token"],
    [migrationCode(Array.from({ length: 1_001 }, () => ({}))), "more than 1000 tokens|longer than"],
  ])("%.60s is refused", async (code, message) => {
    await expect(recognize(code)).rejects.toThrow(new RegExp(message));
    await expect(recognize(code)).rejects.toMatchObject({ code: "invalid" });
  });

  test("with any bytes give tokens or one clear refusal, in no time", async () => {
    const lengths = fc.constantFrom(
      [0x0a, 0xff, 0xff, 0xff, 0xff, 0x0f],
      [0x0a, 0x7f],
      [0xff, 0xff],
      [],
    );
    await fc.assert(
      fc.asyncProperty(lengths, fc.uint8Array({ maxLength: 200 }), async (head, tail) => {
        const data = Buffer.concat([Buffer.from(head), tail]).toString("base64");
        const read = recognize(`otpauth-migration://offline?data=${encodeURIComponent(data)}`);
        await read.catch((error: unknown) =>
          expect(error).toMatchObject({ name: "FobError", code: "invalid" }),
        );
      }),
      { numRuns: 1_000 },
    );
  });
});

test("a Steam link is a Steam Guard token", async () => {
  const [draft] = await recognize("steam://JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP");
  expect(draft).toMatchObject({
    format: "steam",
    name: "Steam",
    credential: { alphabet: "steam", digits: 5 },
    findings: [],
  });
  await expect(recognize("steam://1")).rejects.toThrow("secret has a character at position 1");
});
