import { createCipheriv, createHmac, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FobError } from "#base/fob-error.ts";
import { readPskc } from "#enrollment/pskc/read-pskc.ts";
import { identify, recognize } from "#enrollment/recognize.ts";
import { USER_PIN_POLICY } from "#token/pin-policy.ts";

const SECRET = Buffer.from("12345678901234567890");
const PRE_SHARED_KEY = "12345678901234567890123456789012";

function figure(number: number): string {
  return readFileSync(new URL(`fixtures/rfc6030-figure-${number}.xml`, import.meta.url), "utf8");
}

/** Reads a container whose passphrase or key is `answer`, and notes what was asked. */
async function read(xml: string, answer = "") {
  const asked: string[] = [];
  const content = await readPskc(xml, async (role, of) => {
    asked.push(`${role} ${of}`);
    return Buffer.from(answer);
  });
  return { ...content, asked };
}

/** A container with one key, in which a test replaces what it is about. */
function container({
  algorithm = "hotp",
  parameters = "",
  data = "",
  policy = "",
  secret = `<PlainValue>${SECRET.toString("base64")}</PlainValue>`,
  head = "",
} = {}): string {
  return `<?xml version="1.0"?><KeyContainer Version="1.0" xmlns="urn:ietf:params:xml:ns:keyprov:pskc">${head}<KeyPackage>
    <DeviceInfo><SerialNo>S1</SerialNo></DeviceInfo>
    <Key Id="1" Algorithm="urn:ietf:params:xml:ns:keyprov:pskc:${algorithm}"><Issuer>ACME</Issuer>
    <AlgorithmParameters>${parameters}</AlgorithmParameters>
    <Data><Secret>${secret}</Secret>${data}</Data>${policy}</Key></KeyPackage></KeyContainer>`;
}

const hotp = { kind: "hotp", algorithm: "SHA1", digits: 8, alphabet: "decimal", counter: 0n };

describe("the key containers of RFC 6030", () => {
  test.each([
    [
      2,
      [
        {
          issuer: "Issuer-A",
          serial: null,
          credential: { ...hotp, digits: 6 },
          secret: Buffer.from("1234"),
        },
      ],
    ],
    [3, [{ issuer: "Issuer", serial: "987654321", account: "jsmith", credential: hotp }]],
    [
      5,
      [
        {
          issuer: "Issuer",
          serial: "987654321",
          credential: hotp,
          pin: {
            type: "user",
            policy: {
              ...USER_PIN_POLICY,
              minLength: 4,
              maxLength: 4,
              alphabet: "numeric",
              attempts: 10,
              required: true,
            },
          },
        },
      ],
    ],
  ])("figure %i", async (number, expected) => {
    const { drafts, refusals, asked } = await read(figure(number));
    expect([refusals, asked]).toEqual([[], []]);
    expect(drafts).toEqual(
      expected.map((token) => expect.objectContaining({ secret: SECRET, ...token })),
    );
  });

  test("figure 4 lies elsewhere, and says so", async () => {
    const { drafts, refusals } = await read(figure(4));
    expect(drafts).toEqual([]);
    expect(refusals).toEqual([expect.stringMatching(/^key \S+: it refers to a key elsewhere/)]);
  });

  test("figure 6, with its pre-shared key in hexadecimal or Base64", async () => {
    for (const key of [PRE_SHARED_KEY, Buffer.from(PRE_SHARED_KEY, "hex").toString("base64")]) {
      const { drafts, asked } = await read(figure(6), key);
      expect(asked).toEqual(["key Pre-shared-key"]);
      expect(drafts).toEqual([expect.objectContaining({ secret: SECRET, credential: hotp })]);
    }
  });

  test("figure 7, with its passphrase", async () => {
    const { drafts, asked } = await read(figure(7), "qwerty");
    expect(asked).toEqual(["passphrase My Password 1"]);
    expect(drafts).toEqual([
      expect.objectContaining({ secret: SECRET, issuer: "Example-Issuer", serial: "987654321" }),
    ]);
    expect(drafts[0]?.findings.map(({ code }) => code)).not.toContain("no-value-mac");
  });

  test("figure 10, with several keys", async () => {
    const { drafts, refusals } = await read(figure(10));
    expect(refusals).toEqual([]);
    expect(drafts.map(({ serial }) => serial)).toEqual(["654321", "123456", "9999999", "9999999"]);
  });
});

describe("a key container", () => {
  test("is recognised behind a declaration, comments and any prefix", () => {
    for (const xml of [
      figure(2),
      figure(7),
      `\ufeff<!-- keys -->\n${figure(6).replace(/<\?.*\?>/, "")}`,
    ]) {
      expect(identify(xml)?.id).toBe("pskc");
    }
    expect(identify("<html><KeyContainer/></html>")).toBeNull();
  });

  test.each([
    [
      { algorithm: "totp", data: "<TimeInterval><PlainValue>60</PlainValue></TimeInterval>" },
      { kind: "totp", algorithm: "SHA1", digits: 6, alphabet: "decimal", period: 60, t0: 0 },
    ],
    [
      {
        algorithm: "totp",
        parameters: '<Suite>HMAC-SHA256</Suite><ResponseFormat Length="8" Encoding="HEXADECIMAL"/>',
      },
      { kind: "totp", algorithm: "SHA256", digits: 8, alphabet: "hexadecimal", period: 30, t0: 0 },
    ],
    [
      { data: "<Counter><PlainValue>18446744073709551614</PlainValue></Counter>" },
      { ...hotp, digits: 6, counter: 2n ** 64n - 2n },
    ],
    [
      {
        algorithm: "OCRA-1:HOTP-SHA1-6:C-QN08",
        data: "<Counter><PlainValue>7</PlainValue></Counter>",
      },
      { kind: "ocra", suite: "OCRA-1:HOTP-SHA1-6:C-QN08", counter: 7n },
    ],
    [
      { algorithm: "ocra", parameters: "<Suite>OCRA-1:HOTP-SHA256-8:QA10</Suite>" },
      { kind: "ocra", suite: "OCRA-1:HOTP-SHA256-8:QA10", counter: null },
    ],
  ])("says what %j is", async (parts, credential) => {
    expect((await read(container(parts))).drafts).toEqual([
      expect.objectContaining({ credential, secret: SECRET }),
    ]);
  });

  test("takes the names of older drafts of the standard", async () => {
    const old = container().replace(
      "urn:ietf:params:xml:ns:keyprov:pskc:hotp",
      "http://www.ietf.org/keyprov/pskc#totp",
    );
    expect((await read(old)).drafts[0]?.credential.kind).toBe("totp");
  });

  test.each([
    [{ algorithm: "securid" }, /algorithm .* is not supported/],
    [
      { parameters: '<ResponseFormat Length="8" Encoding="ALPHANUMERIC"/>' },
      /passcodes in "ALPHANUMERIC" are not supported/,
    ],
    [
      { parameters: '<ResponseFormat Length="8" Encoding="DECIMAL" CheckDigits="true"/>' },
      /check digit/,
    ],
    [{ parameters: '<ResponseFormat Length="20" Encoding="DECIMAL"/>' }, /Length is "20"/],
    [{ data: "<Counter><PlainValue>-1</PlainValue></Counter>" }, /Counter is "-1"/],
    [{ secret: "<PlainValue>!!</PlainValue>" }, /not Base64/],
    [{ secret: "" }, /has no secret/],
    [
      { policy: "<Policy><Geofence>EU</Geofence></Policy>" },
      /holds "Geofence", which is not known/,
    ],
    [
      { policy: '<Policy><PINPolicy MinLength="4" PINUsageMode="Local" Colour="red"/></Policy>' },
      /holds "Colour", which is not known/,
    ],
    [
      { policy: '<Policy><PINPolicy PINUsageMode="Algorithmic"/></Policy>' },
      /PINUsageMode "Algorithmic" is not supported/,
    ],
    [
      { policy: "<Policy><KeyUsage>Encrypt</KeyUsage></Policy>" },
      /allows the key for Encrypt, and not for OTP/,
    ],
    [
      { policy: '<Policy><PINPolicy MinLength="9" MaxLength="4" PINUsageMode="Local"/></Policy>' },
      /smaller than MinLength/,
    ],
  ])("with %j is refused by name", async (parts, message) => {
    const { drafts, refusals } = await read(container(parts));
    expect(drafts).toEqual([]);
    expect(refusals).toEqual([expect.stringMatching(message)]);
    expect(refusals[0]).toMatch(/^key S1: /);
    await expect(recognize(container(parts))).rejects.toThrow(message);
  });

  test("hands on the PIN that its issuer wants", async () => {
    const policy =
      '<Policy><PINPolicy MinLength="6" MaxLength="12" MaxFailedAttempts="3" PINEncoding="ALPHANUMERIC" PINUsageMode="Local"/></Policy>';
    expect((await read(container({ policy }))).drafts[0]?.pin).toEqual({
      type: "user",
      policy: {
        ...USER_PIN_POLICY,
        minLength: 6,
        maxLength: 12,
        alphabet: "alphanumeric",
        attempts: 3,
        required: true,
      },
    });
    const appended = policy.replace("Local", "Append");
    expect((await read(container({ policy: appended }))).drafts[0]?.pin).toEqual({
      type: "server",
      order: "after",
    });
    const prepended = policy.replace("Local", "Prepend");
    expect((await read(container({ policy: prepended }))).drafts[0]?.pin).toEqual({
      type: "server",
      order: "before",
    });
  });

  test("hands on how long it may be used", async () => {
    const policy =
      "<Policy><StartDate>2026-01-01T00:00:00Z</StartDate><ExpiryDate>2027-01-01T00:00:00Z</ExpiryDate><NumberOfTransactions>4</NumberOfTransactions></Policy>";
    const [draft] = (await read(container({ policy }))).drafts;
    expect(draft?.validity).toEqual({
      from: new Date("2026-01-01T00:00:00Z"),
      until: new Date("2027-01-01T00:00:00Z"),
    });
    expect(draft?.findings.map(({ code }) => code)).toContain("limited-transactions");
  });

  test("of several keys gives the good ones and names the others", async () => {
    const bad =
      '<KeyPackage><DeviceInfo><SerialNo>S2</SerialNo></DeviceInfo><Key Id="2" Algorithm="x:y"/></KeyPackage>';
    const { drafts, refusals } = await read(
      container().replace("</KeyContainer>", `${bad}</KeyContainer>`),
    );
    expect(drafts).toHaveLength(1);
    expect(refusals).toEqual([expect.stringMatching(/^key S2: /)]);
  });
});

describe("an encrypted key container", () => {
  const key = randomBytes(32);
  const method = (name: string) =>
    `<EncryptionMethod Algorithm="http://www.w3.org/2009/xmlenc11#${name}"/>`;
  const value = (name: string, data: Buffer) =>
    `${method(name)}<CipherData><CipherValue>${data.toString("base64")}</CipherValue></CipherData>`;
  const named = "<EncryptionKey><KeyName>k</KeyName></EncryptionKey>";

  function gcm(plaintext: Buffer): Buffer {
    const iv = randomBytes(12);
    const cipher = createCipheriv("aes-256-gcm", key, iv);
    return Buffer.concat([iv, cipher.update(plaintext), cipher.final(), cipher.getAuthTag()]);
  }

  test("opens with AES-GCM, which vouches for itself", async () => {
    const xml = container({
      head: named,
      secret: `<EncryptedValue>${value("aes256-gcm", gcm(SECRET))}</EncryptedValue>`,
      data: `<Counter><EncryptedValue>${value("aes256-gcm", gcm(Buffer.from("0102", "hex")))}</EncryptedValue></Counter>`,
    });
    const { drafts } = await read(xml, key.toString("hex"));
    expect(drafts[0]).toMatchObject({ secret: SECRET, credential: { counter: 258n } });
    expect(drafts[0]?.findings.map(({ code }) => code)).not.toContain("no-value-mac");
    await expect(read(xml, randomBytes(32).toString("hex"))).rejects.toThrow(
      expect.objectContaining({ code: "denied" }),
    );
  });

  test("opens with the key wrap of RFC 3394", async () => {
    const cipher = createCipheriv("id-aes256-wrap", key, Buffer.from("a6a6a6a6a6a6a6a6", "hex"));
    const secret = randomBytes(24);
    const data = Buffer.concat([cipher.update(secret), cipher.final()]);
    const xml = container({
      head: named,
      secret: `<EncryptedValue>${value("kw-aes256", data)}</EncryptedValue>`,
    });
    expect((await read(xml, key.toString("base64"))).drafts[0]?.secret).toEqual(secret);
  });

  test("without anything that vouches for it is taken with a warning", async () => {
    const iv = randomBytes(16);
    const cipher = createCipheriv("aes-256-cbc", key, iv);
    const data = Buffer.concat([iv, cipher.update(SECRET), cipher.final()]);
    const xml = container({
      head: named,
      secret: `<EncryptedValue>${value("aes256-cbc", data)}</EncryptedValue>`,
    });
    const [draft] = (await read(xml, key.toString("hex"))).drafts;
    expect(draft?.findings).toContainEqual(
      expect.objectContaining({ severity: "warning", code: "no-value-mac" }),
    );
  });

  test.each([
    [0, false],
    [1, true],
    [16, true],
    [17, false],
    [32, false],
    [255, false],
  ])("whose padding says that it has %i bytes opens: %s", async (length, isOpened) => {
    // the bytes before the last one may be anything (XML Encryption section 5.2)
    const padded = randomBytes(48).fill(length, 47);
    const iv = randomBytes(16);
    const cipher = createCipheriv("aes-256-cbc", key, iv).setAutoPadding(false);
    const data = Buffer.concat([iv, cipher.update(padded), cipher.final()]);
    const xml = container({
      head: named,
      secret: `<EncryptedValue>${value("aes256-cbc", data)}</EncryptedValue>`,
    });
    const opened = read(xml, key.toString("hex"));
    if (isOpened) expect((await opened).drafts[0]?.secret).toEqual(padded.subarray(0, -length));
    else await expect(opened).rejects.toThrow(expect.objectContaining({ code: "denied" }));
  });

  test("is denied to a wrong passphrase, key, or length of key", async () => {
    for (const [number, answer] of [
      [7, "qwertz"],
      [6, "0".repeat(32)],
      [6, "1234"],
      [6, "0".repeat(64)],
    ] as const) {
      await expect(read(figure(number), answer)).rejects.toThrow(
        expect.objectContaining({ code: "denied" }),
      );
    }
  });

  test("that was altered is denied by its ValueMAC, whatever it would decrypt to", async () => {
    const altered = figure(7).replace("<pskc:ValueMAC>LP6x", "<pskc:ValueMAC>LP6y");
    await expect(read(altered, "qwerty")).rejects.toThrow(/ValueMAC of the secret does not match/);
    const otherText = figure(6).replace("AAECAwQFBgcICQoLDA0OD+cI", "AAECAwQFBgcICQoLDA0OD+cJ");
    await expect(read(otherText, PRE_SHARED_KEY)).rejects.toThrow(
      /ValueMAC of the secret does not match/,
    );
  });

  test.each([
    [
      "for a certificate",
      figure(6).replace(/<ds:KeyName>.*<\/ds:KeyName>/, "<ds:X509Data/>"),
      /encrypted for a certificate/,
    ],
    [
      "with rounds without end",
      figure(7).replace(">1000<", ">999999999<"),
      /IterationCount .* 1 to 10000000/,
    ],
    [
      "with an unknown cipher",
      figure(6).replaceAll("aes128-cbc", "camellia128"),
      /cipher "camellia128" is not supported/,
    ],
    [
      "with an unknown MAC",
      figure(6).replace("hmac-sha1", "hmac-md5"),
      /"hmac-md5", which is not supported/,
    ],
  ])("%s is explained", async (_, xml, message) => {
    const answer = xml.includes("My Password") ? "qwerty" : PRE_SHARED_KEY;
    const failure = await read(xml, answer).catch((error) => error);
    expect(failure).toBeInstanceOf(FobError);
    expect(failure.message).toMatch(message);
  });

  test("uses the MAC that it names", async () => {
    const macKey = randomBytes(16);
    const data = gcm(SECRET);
    const mac = createHmac("sha384", macKey).update(data).digest("base64");
    const head = `${named}<MACMethod Algorithm="http://www.w3.org/2001/04/xmldsig-more#hmac-sha384"><MACKey>${value("aes256-gcm", gcm(macKey))}</MACKey></MACMethod>`;
    const xml = container({
      head,
      secret: `<EncryptedValue>${value("aes256-gcm", data)}</EncryptedValue><ValueMAC>${mac}</ValueMAC>`,
    });
    expect((await read(xml, key.toString("hex"))).drafts).toHaveLength(1);
  });
});

describe("hostile XML", () => {
  test.each([
    [
      "a document type",
      '<!DOCTYPE x [<!ENTITY a "b">]><KeyContainer xmlns="urn:ietf:params:xml:ns:keyprov:pskc">&a;</KeyContainer>',
      /document type/,
    ],
    ["endless nesting", `<KeyContainer>${"<a>".repeat(100_000)}`, /nests too deeply/],
    ["no key", "<KeyContainer></KeyContainer>", /holds no key/],
    ["an open tag", "<KeyContainer><KeyPackage>", /broken XML/],
    [
      "too many keys",
      `<KeyContainer>${"<KeyPackage/>".repeat(10_001)}</KeyContainer>`,
      /more than 10000 keys/,
    ],
  ])("with %s is refused", async (_, xml, message) => {
    await expect(read(xml)).rejects.toThrow(
      expect.objectContaining({ code: "invalid", message: expect.stringMatching(message) }),
    );
  });

  test("cut anywhere, or with any text anywhere, is read or refused", async () => {
    const figures = [2, 3, 4, 5, 6, 7, 10].map(figure);
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...figures),
        fc.nat(),
        fc.nat({ max: 30 }),
        fc.oneof(
          fc.constant(null),
          fc.string(),
          fc.constantFrom("<", "</Key>", "&#0;", "&lt;", "]]>", "<!--"),
        ),
        async (xml, at, length, insert) => {
          const place = at % xml.length;
          const changed =
            insert === null
              ? xml.slice(0, place)
              : xml.slice(0, place) + insert + xml.slice(place + length);
          await read(changed, "qwerty").catch((error) => expect(error).toBeInstanceOf(FobError));
        },
      ),
      { numRuns: 600 },
    );
  });
});

describe("a container that follows other rules", () => {
  const psk = Buffer.from(PRE_SHARED_KEY, "hex");

  /** A container with a pre-shared key, whose MAC is of what a test says. */
  function encrypted(macOf: (data: Buffer) => Uint8Array, method: string): string {
    const iv = randomBytes(16);
    const cipher = createCipheriv("aes-128-cbc", psk, iv);
    const data = Buffer.concat([iv, cipher.update(SECRET), cipher.final()]);
    const mac = createHmac("sha1", psk).update(macOf(data)).digest("base64");
    return container({
      head: `<EncryptionKey><KeyName>k</KeyName></EncryptionKey><MACMethod ${method}/>`,
      secret: `<EncryptedValue><EncryptionMethod Algorithm="x#aes128-cbc"/><CipherData><CipherValue>${data.toString("base64")}</CipherValue></CipherData></EncryptedValue><ValueMAC>${mac}</ValueMAC>`,
    });
  }

  test("may have a MAC of the plaintext, under the encryption key", async () => {
    const method = 'Algorithm="x#hmac-sha1"';
    for (const macOf of [(data: Buffer) => data, () => SECRET]) {
      const { drafts } = await read(encrypted(macOf, method), PRE_SHARED_KEY);
      expect(drafts).toMatchObject([{ secret: SECRET, findings: [] }]);
    }
    const wrong = read(
      encrypted(() => Buffer.from("something else"), method),
      PRE_SHARED_KEY,
    );
    await expect(wrong).rejects.toMatchObject({
      code: "denied",
      message: expect.stringContaining("ValueMAC of the secret does not match"),
    });
  });

  test("must say how a MAC is made that it has", async () => {
    const { refusals } = await read(
      encrypted((data) => data, ""),
      PRE_SHARED_KEY,
    );
    expect(refusals).toEqual([expect.stringContaining("names no MAC method")]);
  });

  test("may have a profile beside the secret, which is said", async () => {
    const xml = container().replace("<Data>", "<KeyProfileId>p1</KeyProfileId><Data>");
    const { drafts } = await read(xml);
    expect(drafts).toMatchObject([
      { secret: SECRET, findings: [{ severity: "info", code: "key-profile" }] },
    ]);
  });

  test.each([
    ["<Suite>SHA256</Suite>", "SHA256"],
    ["<Suite>HMAC-SHA512</Suite>", "SHA512"],
    ['<Suite hashalgo="sha256"/>', "SHA256"],
    ['<suite HashAlgo="SHA512"></suite>', "SHA512"],
    ["<Suite/>", "SHA1"],
  ])("names its hash: %s", async (parameters, algorithm) => {
    const { drafts } = await read(container({ algorithm: "totp", parameters }));
    expect(drafts).toMatchObject([{ credential: { algorithm } }]);
  });

  test.each([
    [{ parameters: '<Suite flavour="sha256"/>' }, /Suite holds "flavour"/],
    [{ parameters: '<Suite hashalgo="md5"/>' }, /Suite "md5" is not supported/],
    [{ policy: '<Policy><PINPolicy PINUsageMode="Algorithmic"/></Policy>' }, /PINUsageMode/],
  ])("%j is refused: passcodes would be wrong", async (parts, message) => {
    const { drafts, refusals } = await read(container({ algorithm: "totp", ...parts }));
    expect([drafts, refusals]).toEqual([[], [expect.stringMatching(message)]]);
  });

  test("may have its values each in a Data of its own, as in drafts of the RFC", async () => {
    const value = SECRET.toString("base64");
    const xml = `<SecretContainer xmlns="urn:x"><Device><DeviceId><SerialNo>S</SerialNo></DeviceId><Secret SecretId="1" SecretAlgorithm="HOTP"><Usage OTP="true"><ResponseFormat Format="DECIMAL" Length="8"/></Usage><Data Name="SECRET"><Value>${value}</Value></Data><Data Name="COUNTER"><PlainValue>7</PlainValue></Data></Secret></Device></SecretContainer>`;
    expect(identify(xml)?.id).toBe("pskc");
    const { drafts, refusals } = await read(xml);
    expect(refusals).toEqual([]);
    expect(drafts).toMatchObject([
      { serial: "S", secret: SECRET, credential: { ...hotp, digits: 8, counter: 7n } },
    ]);
  });

  test("that holds no key we know of names its namespace", async () => {
    const xml = '<KeyContainer xmlns="urn:example:other"><Thing/></KeyContainer>';
    await expect(read(xml)).rejects.toThrow('its namespace is "urn:example:other"');
  });

  test.each([
    '<KeyContainer xmlns:ds="urn:example:other" xmlns="urn:ietf:params:xml:ns:keyprov:pskc"/>',
    '<p:KeyContainer xmlns="urn:example:other" xmlns:p="urn:ietf:params:xml:ns:keyprov:pskc"/>',
    '<KeyContainer><Thing xmlns="urn:example:other"/></KeyContainer>',
  ])("blames no namespace but that of its root: %s", async (xml) => {
    await expect(read(xml)).rejects.toThrow("the container holds no key");
    await expect(read(xml)).rejects.not.toThrow("its namespace");
  });
});
