import { describe, expect, test } from "vitest";
import { eventBased, expectTokens, RFC, readText, timeBased, type Wanted } from "./reading.ts";
import { LONG, LISTS as TEXTS } from "./token-list-samples.ts";

const { oathCsv, oathCsv2, yubicoLog, yubicoFormat, safeNet, safeWord, entra } = TEXTS;

const bytes = (hex: string) => Buffer.from(hex, "hex");

const token = (serial: string, credential: Wanted["credential"], more = {}): Wanted => ({
  ...{ issuer: null, account: null, serial, credential },
  ...more,
});

const OATH: Wanted[] = [
  token("tok1", eventBased()),
  token("tok2", timeBased()),
  token("tok3", eventBased({ digits: 8, counter: 42n })),
  token("tok4", timeBased({ digits: 8, period: 60 })),
  token("tok5", eventBased({ digits: 8, algorithm: "SHA256" }), { secret: bytes(LONG[32]) }),
  token("tok6", timeBased({ digits: 8, period: 60, algorithm: "SHA512" }), {
    secret: bytes(LONG[64]),
  }),
  token("tok7", eventBased({ digits: 8, algorithm: "SHA256" })),
  token("tok8", { kind: "ocra", suite: "OCRA-1:HOTP-SHA1-8:QH40", counter: null }),
];

const LISTS: readonly [format: string, app: string, text: string, tokens: Wanted[]][] = [
  ["oath-csv", "OATH CSV", oathCsv, OATH],
  ["oath-csv", "OATH CSV", oathCsv.replaceAll(",", ";"), OATH],
  [
    "oath-csv",
    "OATH CSV",
    oathCsv2,
    [
      token("tok2", timeBased(), { account: "ann" }),
      token("tok3", eventBased({ digits: 8, counter: 42n })),
    ],
  ],
  [
    "oath-csv",
    "OATH CSV",
    `Serial Seed\n2600135004010 ${RFC.hex}\r\n2600135004011\t${RFC.hex.toUpperCase()}\r\n`,
    [token("2600135004010", eventBased()), token("2600135004011", eventBased())],
  ],
  [
    "yubico-csv",
    "Yubico CSV",
    yubicoLog,
    [
      token("cccccccccccc", eventBased({ digits: 8, counter: 16n })),
      { ...token("", eventBased()), serial: null },
    ],
  ],
  [
    "yubico-csv",
    "Yubico CSV",
    yubicoFormat,
    [token("508326", eventBased()), token("1382042", eventBased({ counter: 32n }))],
  ],
  [
    "safenet-xml",
    "SafeNet XML",
    safeNet,
    [
      token("F746414", eventBased({ counter: 1n })),
      token("F734201", eventBased({ counter: 7n, algorithm: "SHA256" }), {
        secret: bytes(LONG[32]),
      }),
    ],
  ],
  [
    "safeword-list",
    "SafeWord list",
    safeWord,
    [
      token("ES1", eventBased()),
      token("TS2", timeBased({ digits: 8, period: 60, algorithm: "SHA256", t0: 946_684_800 }), {
        secret: bytes(LONG[32]),
      }),
    ],
  ],
  [
    "entra-csv",
    "Microsoft Entra ID (hardware tokens)",
    entra,
    [
      token("2308734000001", timeBased({ period: 60 }), { account: "ann@site.example" }),
      token("2308734000002", timeBased()),
    ],
  ],
  [
    "entra-csv",
    "Microsoft Entra ID (hardware tokens)",
    entra.replaceAll(RFC.base32, RFC.hex).replace("time interval", "timeinterval"),
    [
      token("2308734000001", timeBased({ period: 60 }), { account: "ann@site.example" }),
      token("2308734000002", timeBased()),
    ],
  ],
];

function isIn(part: string, text: string, end: number): boolean {
  return text.slice(0, end).includes(part);
}

describe("a list of hardware tokens", () => {
  test.each(LISTS)("of %s (%s) gives each token with its serial number", async (...row) => {
    const [format, app, text, tokens] = row;
    expect((await expectTokens(text, format, tokens)).app).toBe(app);
  });

  test.each(LISTS)("of %s (%s) with a bad entry gives the others", async (...row) => {
    const [, , text, tokens] = row;
    const good = [RFC.hex, RFC.hex.toUpperCase(), RFC.base32].find((one) => text.includes(one));
    const { drafts, refusals } = await readText(text.replace(good ?? "", "31!2"));
    expect(drafts).toHaveLength(tokens.length - 1);
    expect(refusals).toEqual([expect.stringMatching(/^[\w@.]+: (?:its seed|secret)/)]);
    expect(refusals.join()).not.toContain("31!2");
  });

  test("names a token by its serial number where it has no other name", async () => {
    const { drafts } = await readText(oathCsv2);
    expect(drafts.map(({ name }) => name)).toEqual(["ann", "tok3"]);
  });

  test("says what it does not tell, and what is assumed", async () => {
    const codes = async (text: string) =>
      (await readText(text)).drafts.map(({ findings }) =>
        findings.filter(({ severity }) => severity === "warning").map(({ code }) => code),
      );
    expect(await codes(oathCsv)).toEqual([["kind-assumed"], ...Array(7).fill([])]);
    expect((await codes(yubicoFormat))[0]).toEqual(["kind-assumed", "digits-assumed"]);
    expect(await codes(yubicoLog)).toEqual([[], []]);
  });

  test("names the entries that only a YubiKey computes", async () => {
    const text = [
      "Yubico OTP,12/11/2013 11:10,1,vvgutbiedkvi,ab86c04de6a3,d26a7c0f85fdda28bd816e406342b214,,,0,0,0,0,0,0,0,0,0,0",
      yubicoLog,
      "Static Password,11.12.13 19:08,1,,d5a3d50327dc,0e8e37b0e38b314a56748c030f58d21d,,,0,0,0,0,0,0,0,0,0,0",
      "508327,cccccccccccc,83cebdfb7b93,a47c5bf9c152202f577be6721c0113af,,2013-12-12T08:43:17,",
      "508328,,,9e2fd386224a7f77e9b5aee775464033,,2013-12-12T08:44:34,",
    ].join("\n");
    const { drafts, refusals } = await readText(text);
    expect(drafts).toHaveLength(2);
    const reason = "it is no OATH token, and only its YubiKey computes with it";
    expect(refusals).toEqual(
      ["vvgutbiedkvi", "entry 4", "508327", "508328"].map((name) => `${name}: ${reason}`),
    );
  });

  test("may be a key container of a draft, as Feitian and LinOTP write it", async () => {
    const key = `<Key KeyAlgorithm="urn:ietf:params:xml:ns:keyprov:pskc#totp" KeyId="2600135004010"><Issuer>Feitian</Issuer><Usage OTP="true"><ResponseFormat Format="DECIMAL" Length="6"/></Usage><Data><Secret><PlainValue>${RFC.base64}</PlainValue></Secret><Time><PlainValue>0</PlainValue></Time><TimeInterval><PlainValue>60</PlainValue></TimeInterval></Data></Key>`;
    const device = `<Device><DeviceInfo><Manufacturer>Feitian</Manufacturer><SerialNo>2600135004010</SerialNo></DeviceInfo>${key}</Device>`;
    const text = `<?xml version="1.0" encoding="UTF-8"?>\n<KeyContainer xmlns="urn:ietf:params:xml:ns:keyprov:pskc:1.0" Version="1.0">${device}</KeyContainer>`;
    const token = { issuer: "Feitian", account: null, serial: "2600135004010" };
    await expectTokens(text, "pskc", [{ ...token, credential: timeBased({ period: 60 }) }]);
  });

  test("names a kind that no token here has", async () => {
    const { drafts, refusals } = await readText(`${oathCsv}tan1, ${RFC.hex}, tan, 12 34 56\n`);
    expect(drafts).toHaveLength(8);
    expect(refusals).toEqual([expect.stringMatching(/^tan1: key type "tan" is not supported/)]);
  });

  test("of a version that is not known is refused by it", async () => {
    await expect(readText(oathCsv2.replace("2", "3"))).rejects.toMatchObject({
      code: "invalid",
      message: "this file of OATH CSV has version 3, and fob reads 2",
    });
  });

  test("that was cut off loses its last entry alone, or is damaged", async () => {
    for (const [, , text, tokens] of LISTS) {
      for (let at = 0; at < text.length; at += 11) {
        const cut = await readText(text.slice(0, at)).catch((error) => error);
        if (cut instanceof Error) expect(cut).toMatchObject({ code: "invalid" });
        else {
          for (const [i, { serial }] of cut.drafts.slice(0, -1).entries())
            expect(serial).toBe(tokens[i]?.serial);
          // an entry is whole where that of the next one has begun
          const whole = tokens.slice(1).filter(({ serial }) => serial && isIn(serial, text, at));
          expect(cut.drafts.length).toBeGreaterThanOrEqual(whole.length);
        }
      }
    }
  });

  test.each([
    ["a list of names and numbers", "name,number\nann,12\nbob,17"],
    ["sums of files", `${RFC.hex}  file.txt\n${RFC.hex}  other.txt`],
    ["a table of which one line looks right", `a,b\nc,d\ne,${RFC.hex}\nf,g`],
    ["words", "serial seed\nwords and words"],
    ["another document", "<Tokens-of-thanks><Token/></Tokens-of-thanks>"],
    ["a calendar", "2013-12-12T08:44:34,x,y,z\n2013-12-13T08:44:34,x,y,z"],
  ])("is not what %s are taken for", async (_, text) => {
    await expect(readText(text)).rejects.toThrow(/is not a file that fob knows/);
  });
});

describe("a list of SafeWord", () => {
  const record = (number: number) =>
    `sccAuthenticatorId: A${number}\nsccTokenData: sccKey=${RFC.hex};sccMode=E;sccPwLen=6\n`;

  test("with much beside its tokens gives them, and does not take the rest apart", async () => {
    const others = "dn: cn=somebody\n\n".repeat(100_000);
    const start = process.cpuUsage();
    const { drafts } = await readText(`${others}${record(1)}`);
    const { user } = process.cpuUsage(start);
    expect(drafts.map(({ serial }) => serial)).toEqual(["A1"]);
    // in microseconds
    expect(user).toBeLessThan(2_000_000);
  });

  test("of more tokens than any has is refused", async () => {
    const many = Array.from({ length: 20_001 }, (_, i) => record(i)).join("\n");
    await expect(readText(many)).rejects.toMatchObject({
      code: "invalid",
      message: "the file has more than 20000 entries",
    });
  });
});
