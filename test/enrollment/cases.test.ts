import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { formatAegis } from "#enrollment/files/aegis-writer.ts";
import { formatKeyUri } from "#enrollment/formats/key-uri-writer.ts";
import { migrationExport } from "#enrollment/formats/migration-writer.ts";
import { recognize, recognizeOnline } from "#enrollment/recognize.ts";
import { ocra } from "#otp/ocra.ts";
import { parseOcraSuite } from "#otp/ocra-suite.ts";
import { totp } from "#otp/totp.ts";
import { encodeBase32 } from "#token/base32.ts";
import { caseFile, readText } from "./files/reading.ts";

const RFC_SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
const SECRET = Buffer.from("12345678901234567890");

/** The enrollment strings of test/cases/strings.tsv, by the names of their cases. */
const STRINGS: ReadonlyMap<string, string> = new Map(
  readFileSync(new URL("../cases/strings.tsv", import.meta.url), "utf8")
    .split("\n")
    .slice(1)
    .map((line) => line.split("\t", 2) as [string, string]),
);

async function read(name: string) {
  const text = STRINGS.get(name);
  if (text === undefined) throw new Error(`there is no case ${name}`);
  const [draft, ...others] = await recognize(text);
  if (!draft || others.length > 0) throw new Error("one token was expected");
  return { ...draft, codes: draft.findings.map(({ code }) => code) };
}

function readCase(name: string) {
  return readText(caseFile(name), { name, password: null });
}

describe("issuers and accounts", () => {
  test.each([
    ["colon-issuer", "localhost:8000", "ann"],
    ["colon-issuer-account", "Test: Foo", "ann:b"],
  ])("%s: they are told apart, and written so", async (name, issuer, account) => {
    const draft = await read(name);
    expect(draft).toMatchObject({ issuer, account, codes: [] });
    const written = formatKeyUri(draft);
    const [again] = await recognize(written);
    expect(again).toMatchObject({ issuer, account });
    if (again) expect(formatKeyUri(again)).toBe(written);
  });

  test("an issuer that an app writes twice is read once", async () => {
    const { drafts } = await readCase("andotp-doubled-issuer.json");
    expect(drafts).toMatchObject([{ issuer: "Other Company", account: "ann@example.test" }]);
    const doubled = `secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=A%20B`;
    for (const label of ["A%20B:A%20B:ann", "A%20B%3AA%20B%3Aann"]) {
      const [draft] = await recognize(`otpauth://totp/${label}?${doubled}`);
      expect(draft).toMatchObject({ issuer: "A B", account: "ann", secret: SECRET });
    }
  });

  test("zero-width: what nobody sees is taken out with a warning", async () => {
    expect(await read("zero-width")).toMatchObject({
      issuer: "Acme",
      account: "ann",
      codes: ["control-characters", "control-characters"],
    });
  });
});

describe("strings that something happened to on their way", () => {
  test("hash-in-account: a # is text", async () => {
    expect(await read("hash-in-account")).toMatchObject({
      issuer: "Contoso",
      account: "ann#EXT#@contoso.example",
      secret: SECRET,
      codes: ["number-sign"],
    });
  });

  test("hash-in-issuer: nothing behind a # is lost", async () => {
    expect(await read("hash-in-issuer")).toMatchObject({
      issuer: "C#",
      account: "ann",
      credential: { digits: 8 },
      codes: ["number-sign"],
    });
  });

  test("html-escaped: every parameter counts", async () => {
    expect(await read("html-escaped")).toMatchObject({
      issuer: "Web",
      credential: { digits: 8, period: 60 },
      codes: ["html-escaped"],
    });
  });

  test("quoted: as without the quotes", async () => {
    const { codes, findings: _, ...quoted } = await read("quoted");
    expect(codes).toEqual(["quotes-removed"]);
    const [plain] = await recognize((STRINGS.get("quoted") ?? "").slice(1, -1));
    expect(plain).toMatchObject(quoted);
    for (const [start, end] of ["''", "“”", "<>", "``", "„“"]) {
      const text = `${start}${STRINGS.get("html-escaped")}${end}`;
      expect((await recognize(text))[0]).toMatchObject({ issuer: "Web" });
    }
  });

  test("apple-scheme: as otpauth://", async () => {
    expect(await read("apple-scheme")).toMatchObject({
      format: "key-uri",
      issuer: "Apple",
      secret: SECRET,
      codes: [],
    });
  });

  test("dotted-algorithm", async () => {
    expect(await read("dotted-algorithm")).toMatchObject({ credential: { algorithm: "SHA1" } });
    const uri = (STRINGS.get("dotted-algorithm") ?? "").replace("sha1", "sha512");
    expect((await recognize(uri))[0]).toMatchObject({ credential: { algorithm: "SHA512" } });
  });

  test.each([
    ["secrt", "secret"],
    ["sceret", "secret"],
    ["Secrett", "secret"],
  ])("misspelt-parameter: %s is named beside the missing one", async (given) => {
    const uri = (STRINGS.get("misspelt-parameter") ?? "").replace("secrt", given);
    await expect(recognize(uri)).rejects.toMatchObject({
      code: "invalid",
      message: `secret is missing: is it misspelt as "${given.toLowerCase()}"?`,
    });
  });

  test("tiqr-without-colon: the address that was meant", () => {
    const online = recognizeOnline(STRINGS.get("tiqr-without-colon") ?? "");
    expect(online).toMatchObject({ format: "tiqr", server: "tiqr.example" });
    expect(online?.fields).toContainEqual(
      expect.objectContaining({ value: "https://tiqr.example/enroll?key=abc" }),
    );
  });

  test("a list of quoted strings is a list", async () => {
    const lines = ["quoted", "html-escaped"].map((name) => STRINGS.get(name)).join("\n");
    const { drafts, refusals } = await readText(lines, { password: null });
    expect(refusals).toEqual([]);
    expect(drafts).toMatchObject([{ issuer: "Quoted" }, { issuer: "Web" }]);
  });
});

describe("Steam Guard by its issuer", () => {
  const unixSeconds = Date.parse("2026-01-01T00:00:00Z") / 1000;

  function codeOf({ credential, secret }: Awaited<ReturnType<typeof recognize>>[number]) {
    if (credential.kind !== "totp") throw new Error("Steam Guard is time-based");
    return totp({ ...credential, secret, unixSeconds }).code;
  }

  test("steam-by-issuer: Steam's alphabet, and why", async () => {
    const draft = await read("steam-by-issuer");
    expect(codeOf(draft)).toBe("R5BQ4");
    expect(draft.codes).toEqual(["steam-by-issuer"]);
    expect(draft.fields).toContainEqual({ name: "digits", value: "5", origin: "assumed" });
  });

  test("freeotpplus-steam.json: the same token", async () => {
    const { drafts } = await readCase("freeotpplus-steam.json");
    expect(drafts).toMatchObject([{ findings: [{ code: "steam-by-issuer" }] }]);
    expect(drafts.map(({ credential, secret }) => ({ credential, secret }))).toMatchObject([
      { credential: { alphabet: "steam" }, secret: SECRET },
    ]);
  });

  test.each([
    ["issuer=Steam&digits=5", true],
    ["issuer=steam&digits=6&period=30&algorithm=SHA1", true],
    ["issuer=Other&digits=5&period=30&steam", true],
    ["issuer=Steam&alphabet=decimal", false],
    ["issuer=Steam&digits=8", false],
    ["issuer=Steam&algorithm=SHA256", false],
    ["issuer=Steamship", false],
  ])("%s", async (query, isSteam) => {
    const [draft] = await recognize(`otpauth://totp/ann?secret=${RFC_SECRET}&${query}`);
    expect(draft?.credential).toMatchObject({ alphabet: isSteam ? "steam" : "decimal" });
  });

  test("a token of Steam with digits stays one in everything that is written", async () => {
    const [draft] = await recognize(
      `otpauth://totp/ann?secret=${RFC_SECRET}&issuer=Steam&alphabet=decimal`,
    );
    if (!draft) throw new Error("nothing was read");
    expect((await recognize(formatKeyUri(draft)))[0]?.credential).toEqual(draft.credential);
    const token = { ...draft, id: "0123456789abcdef", name: "Steam" };
    expect(migrationExport.refuse(token)).toMatch(/token of Steam/);
    const { drafts } = await readText(await formatAegis([token], null), { password: null });
    expect(drafts[0]?.credential).toEqual(draft.credential);
  });
});

describe("key containers as programs write them", () => {
  test("pskc-ocra-pin.xml: a PIN that is part of the response", async () => {
    const { drafts, refusals } = await readCase("pskc-ocra-pin.xml");
    expect(refusals).toEqual([]);
    expect(drafts).toMatchObject([
      {
        serial: "OC1",
        issuer: "Test",
        credential: { kind: "ocra", suite: "OCRA-1:HOTP-SHA1-6:QN08-PSHA1", counter: null },
        secret: SECRET,
      },
    ]);
    // it is asked for with every challenge, and guards nothing here
    expect(drafts[0]?.pin).toBeUndefined();
  });

  test("pskc-lower-case-suite.xml: what a parser of HTML leaves", async () => {
    const { drafts, refusals } = await readCase("pskc-lower-case-suite.xml");
    expect(refusals).toEqual([]);
    expect(drafts).toMatchObject([
      {
        serial: "PI1",
        credential: { kind: "totp", algorithm: "SHA256", digits: 8, period: 30 },
        secret: SECRET,
      },
    ]);
  });

  test("pskc-old-namespace.xml: a draft of the standard", async () => {
    const { drafts, refusals } = await readCase("pskc-old-namespace.xml");
    expect(refusals).toEqual([]);
    expect(drafts).toMatchObject([
      {
        serial: "OLD1",
        issuer: "Old",
        credential: { kind: "hotp", algorithm: "SHA1", digits: 6, counter: 0n },
        secret: SECRET,
      },
    ]);
  });
});

describe("what privacyIDEA writes", () => {
  test("day-password: a time-based token of a day", async () => {
    expect(await read("day-password")).toMatchObject({
      issuer: "Day",
      credential: { kind: "totp", period: 86_400, digits: 6 },
      codes: [],
    });
  });

  test.each([
    ["pin=True", true],
    ["pin=False", null],
    ["app_force_unlock=pin", false],
    ["app_force_unlock=any", true],
    ["force_app_pin=true", true],
  ])("pin-wanted: %s", async (query, biometric) => {
    const uri = (STRINGS.get("pin-wanted") ?? "").replace("pin=True", query);
    for (const type of ["totp", "hotp"]) {
      const [draft] = await recognize(uri.replace("totp", `${type}`));
      expect(draft?.findings.map(({ code }) => code)).not.toContain("unknown-parameter");
      if (biometric === null) expect(draft?.pin).toBeUndefined();
      else
        expect(draft?.pin).toMatchObject({ type: "user", policy: { required: true, biometric } });
    }
  });

  test.each([1, 4, 100])("a client's part of %i bytes, without blanks", async (bytes) => {
    const [draft] = await recognize(
      `otpauth://totp/x?secret=${RFC_SECRET}&2step_salt=${bytes}&2step_output=20&2step_difficulty=10`,
    );
    expect(draft?.clientPart).toMatch(/^[A-Z2-7]+$/);
    expect(draft?.clientPart).toHaveLength(Math.ceil(((bytes + 4) * 8) / 5));
  });

  test("a hexadecimal challenge of twice as many digits is answered, and not a longer one", () => {
    const suite = parseOcraSuite("OCRA-1:HOTP-SHA1-6:QH10");
    const answer = (digits: number) =>
      ocra({
        suite,
        secret: SECRET,
        challenge: ["a".repeat(digits)],
        counter: null,
        pin: null,
        session: null,
        unixSeconds: null,
      });
    expect(answer(20)).toMatch(/^\d{6}$/);
    expect(() => answer(21)).toThrow("does not fit");
  });
});

describe("what only another app can use", () => {
  test.each([
    [STRINGS.get("other-app-only") ?? "", "Microsoft Authenticator"],
    ["duo://ABCDEFGHIJ-YXBpLmV4YW1wbGU", "Duo Mobile"],
    ["oktaverify://email/ann@example.test/?t=x&s=https%3A%2F%2Fokta.example", "Okta Verify"],
    ["otpauth-okta://x", "Okta Verify"],
  ])("%.20s is refused, and says what to choose", async (text, app) => {
    await expect(recognize(text)).rejects.toMatchObject({
      code: "invalid",
      message: `only ${app} can use this`,
      hint: expect.stringContaining("another app"),
    });
  });
});

test.each([
  ["1password.csv", "1Password"],
  ["apple-passwords.csv", "Apple Passwords"],
  ["dashlane.csv", "Dashlane"],
  ["enpass.json", "Enpass"],
  ["lastpass-authenticator.json", "LastPass Authenticator"],
  ["lastpass.csv", "LastPass"],
  ["proton-pass.csv", "Proton Pass"],
  ["steam.maFile.json", "Steam (maFile)"],
])("%s: is what %s exports", async (name, app) => {
  const content = await readCase(name);
  expect(content).toMatchObject({ app, refusals: [] });
  expect(content.drafts).toMatchObject([{ secret: SECRET }]);
});

describe("entries of other apps with a PIN", () => {
  const secret = Buffer.from("1234567890");

  test("aegis-mobile-otp.json: is a token, and its PIN is not kept", async () => {
    const { drafts, refusals } = await readCase("aegis-mobile-otp.json");
    expect(drafts).toMatchObject([
      { issuer: "Good", account: "ann", credential: { kind: "totp" }, secret: SECRET },
      { issuer: "Motp", account: "cid", credential: { kind: "motp" }, secret, format: "aegis" },
      { issuer: "Yandex", account: "dora" },
    ]);
    expect(drafts[1]?.findings.map(({ code }) => code)).toContain("pin-in-string");
    expect(refusals).toEqual([]);
  });

  test("aegis-mobile-otp.json: Yandex is a token, of which 16 bytes of the secret count", async () => {
    const { drafts } = await readCase("aegis-mobile-otp.json");
    expect(drafts[2]).toMatchObject({
      issuer: "Yandex",
      account: "dora",
      credential: { kind: "yandex" },
      secret: SECRET.subarray(0, 16),
      format: "aegis",
    });
    expect(drafts[2]?.findings.map(({ code }) => code)).toEqual(["pin-in-string"]);
  });

  test("of Yandex in files of Stratum, andOTP and cotp", async () => {
    const names = { issuer: "Yandex", secret: "6SB2IKNM6OBZPAVBVTOHDKS4FAAAAAAADFUTQMBTRY" };
    const stratum = { Type: 5, Issuer: "Yandex", Username: "dora", Secret: names.secret };
    const files = [
      { Authenticators: [{ ...stratum, Algorithm: 0, Digits: 8, Period: 30, Pin: "5239" }] },
      [{ type: "YANDEX", ...names, label: "dora", tags: [] }],
      { version: 2, elements: [{ type: "YANDEX", ...names, label: "dora", digits: 8 }] },
    ];
    for (const content of files) {
      const { drafts, refusals } = await readText(JSON.stringify(content), { password: null });
      expect(refusals).toEqual([]);
      const credential = { kind: "yandex" };
      const secret = Buffer.from("f483a429acf3839782a1acdc71aa5c28", "hex");
      expect(drafts).toMatchObject([{ issuer: "Yandex", account: "dora", credential, secret }]);
    }
  });

  test("of Stratum and andOTP", async () => {
    const hex = secret.toString("hex");
    const files = [
      [
        {
          Type: 3,
          Issuer: "Motp",
          Username: "cid",
          Secret: hex,
          Pin: "1234",
          Digits: 6,
          Period: 10,
        },
        "Authenticators",
      ],
      [{ type: "MOTP", issuer: "Motp", label: "cid", secret: hex, tags: [] }, null],
      // the digits as text in Base32: what andOTP writes
      [
        { type: "MOTP", issuer: "Motp", label: "cid", secret: encodeBase32(Buffer.from(hex)) },
        null,
      ],
    ] as const;
    for (const [entry, name] of files) {
      const content = name === null ? [entry] : { [name]: [entry] };
      const { drafts, refusals } = await readText(JSON.stringify(content), { password: null });
      expect(refusals).toEqual([]);
      expect(drafts).toMatchObject([
        { issuer: "Motp", account: "cid", credential: { kind: "motp" }, secret },
      ]);
    }
  });
});
