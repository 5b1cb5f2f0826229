import { describe, expect, test } from "vitest";
import { FobError } from "#base/fob-error.ts";
import { parseFormat } from "#commands/code/passcode-view.ts";
import { audit } from "#enrollment/audit.ts";
import { readPskc } from "#enrollment/pskc/read-pskc.ts";
import { formatPskc } from "#enrollment/pskc/write-pskc.ts";
import { recognize, recognizeOnline } from "#enrollment/recognize.ts";
import { decodeBase32 } from "#token/base32.ts";
import { newlyEnrolled } from "#token/codec.ts";
import { FreeNames } from "#token/names.ts";
import { judgePin, USER_PIN_POLICY } from "#token/pin-policy.ts";
import { parsePinPolicy } from "#token/pin-policy-text.ts";
import { decodeBackup, encodeBackup } from "#vault/backup/backup.ts";
import { readText } from "./files/reading.ts";

const SECRET = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
const INHERITED = Object.getOwnPropertyNames(Object.prototype);

const read = (content: string | Buffer, answer = "x") =>
  readText(content, { name: "x", password: answer });

const migration = (hex: string) =>
  `otpauth-migration://offline?data=${Buffer.from(hex, "hex").toString("base64")}`;

async function cpuMs(work: () => unknown): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000;
}

const container = (inside: string) =>
  `<KeyContainer><KeyPackage><Key Id="1" Algorithm="urn:ietf:params:xml:ns:keyprov:pskc:totp">${inside}<Data><Secret>` +
  "<PlainValue>MTIzNDU2Nzg5MDEyMzQ1Njc4OTA=</PlainValue></Secret></Data></Key></KeyPackage></KeyContainer>";

describe("a table knows its own keys alone", () => {
  test.each(INHERITED)("%s is no type, parameter, algorithm or rule", async (name) => {
    const texts = [
      `otpauth://${name}/x?secret=${SECRET}`,
      ...["alphabet", "algorithm", "encoder", "digits", "pinpolicy", "suite"].map(
        (parameter) =>
          `otpauth://${parameter === "suite" ? "ocra" : "totp"}/x?secret=${SECRET}&${parameter}=${name}`,
      ),
    ];
    // an encoder that is not known means the usual digits
    for (const text of texts.filter((one) => !one.includes("encoder"))) {
      await expect(recognize(text)).rejects.toMatchObject({ code: "invalid" });
    }
    expect(() => parsePinPolicy(name)).toThrow(FobError);
    expect(() => parseFormat(`{${name}}`)).toThrow(FobError);
    const entries = JSON.stringify([{ secret: SECRET, label: "x", type: name }]);
    expect((await read(entries)).drafts).toEqual([]);
    const lines = Buffer.from(
      `EnrollmentURL=https://a.test/\n${name}=1\nUserID=x\nPassphrase=y`,
    ).toString("base64");
    expect(recognizeOnline(lines)?.findings).toContainEqual(
      expect.objectContaining({ code: "unknown-line" }),
    );
    for (const attribute of ["Encoding", "Length"]) {
      const form = `<AlgorithmParameters><ResponseFormat ${attribute}="${name}"/></AlgorithmParameters>`;
      expect((await readPskc(container(form), async () => Buffer.from("x"))).drafts).toEqual([]);
    }
  });
});

describe("a length in a migration code", () => {
  test("is one of what is left, or the code is refused", async () => {
    await expect(recognize(migration("0a030a7f41"))).rejects.toMatchObject({ code: "invalid" });
    const entry = `0a14${"41".repeat(20)}1203616e6e`;
    const whole = `0a${(entry.length / 2).toString(16).padStart(2, "0")}${entry}`;
    expect(await recognize(migration(whole))).toHaveLength(1);
    for (let at = 0; at < whole.length; at += 2) {
      const cut = whole.slice(0, at);
      if (at > 0)
        await expect(recognize(migration(cut))).rejects.toMatchObject({ code: "invalid" });
      const lying = `${whole.slice(0, at)}7f${whole.slice(at + 2)}`;
      const secrets = (await recognize(migration(lying)).catch(() => [])).map(
        ({ secret }) => secret.length,
      );
      expect(secrets.every((length) => length === 20)).toBe(true);
    }
  });

  test("does not split a name where the issuer is given", async () => {
    const field = (tag: number, text: string) =>
      Buffer.concat([Buffer.of((tag << 3) | 2, text.length), Buffer.from(text)]);
    const codeOf = (name: string, issuer: string) => {
      const body = Buffer.concat([
        field(1, "12345678901234567890"),
        field(2, name),
        field(3, issuer),
      ]);
      return migration(Buffer.concat([Buffer.of(0x0a, body.length), body]).toString("hex"));
    };
    expect(await recognize(codeOf("ann:b", "ACME"))).toMatchObject([
      { issuer: "ACME", account: "ann:b" },
    ]);
    expect(await recognize(codeOf("ACME:ann", "ACME"))).toMatchObject([
      { issuer: "ACME", account: "ann" },
    ]);
    expect(await recognize(codeOf("ACME:ann", ""))).toMatchObject([
      { issuer: "ACME", account: "ann" },
    ]);
  });
});

describe("names", () => {
  test("of a login that is anything do not end an import", async () => {
    const totp = `otpauth://totp/?secret=${SECRET}`;
    const names = ["a\nb", "\u001b[31m", "\ud800", "x".repeat(1_000), "", "\u200b", "good"];
    const items = names.map((name) => ({ name, login: { username: name, totp } }));
    const { drafts, refusals } = await read(JSON.stringify({ items }));
    expect(refusals).toEqual([]);
    const cut = "x".repeat(256);
    expect(drafts.map(({ issuer }) => issuer)).toEqual([
      "ab",
      "[31m",
      null,
      cut,
      null,
      null,
      "good",
    ]);
    expect(drafts[3]?.findings.map(({ code }) => code)).toContain("name-too-long");
  });

  test("of any kind make a key container that is well-formed", async () => {
    const token = {
      ...{
        id: "0123456789abcdef",
        issuer: "\u0000\u001b",
        account: "\ud800\uffff&<]]>",
        serial: "\"'\n",
      },
      credential: {
        kind: "totp",
        algorithm: "SHA1",
        digits: 6,
        alphabet: "decimal",
        period: 30,
        t0: 0,
      } as const,
      ...{ name: "a\u0007b", secret: Buffer.from("12345678901234567890") },
    };
    const { drafts, refusals } = await readPskc(await formatPskc([token], null), async () =>
      Buffer.from("x"),
    );
    expect(refusals).toEqual([]);
    expect(drafts).toMatchObject([{ name: "ab", account: "&<]]>", serial: "\"'" }]);
  });

  test("that look like others are pointed out", async () => {
    const findings = async (issuer: string) => {
      const [draft] = await recognize(
        `otpauth://totp/x?secret=${SECRET}&issuer=${encodeURIComponent(issuer)}`,
      );
      return draft ? audit(draft).map(({ code }) => code) : [];
    };
    for (const issuer of [
      "G\u0456tHub",
      "\u0440\u0430\u0443\u0440\u0430l",
      "\uff27itHub",
      "Pay\u03a1al",
    ])
      expect(await findings(issuer)).toContain("confusable-name");
    for (const issuer of ["GitHub", "Банк", "Zürich", "銀行", "Τράπεζα", "ACME Москва"])
      expect(await findings(issuer)).not.toContain("confusable-name");
  });
});

describe("what costs too much is refused before it is computed", () => {
  const slot = (n: number, r: number, p: number) => {
    const params = { nonce: "00".repeat(12), tag: "00".repeat(16) };
    return { type: 1, key: "00".repeat(32), key_params: params, n, r, p, salt: "00".repeat(32) };
  };
  const aegis = (slots: object[]) =>
    JSON.stringify({ version: 1, header: { slots, params: slot(2, 1, 1).key_params }, db: "AAAA" });

  test.each([
    ["twenty slots", aegis(Array(20).fill(slot(2 ** 17, 8, 1)))],
    ["a large N", aegis([slot(2 ** 20, 8, 4)])],
    ["a large p", aegis([slot(2, 1, 2 ** 20)])],
    ["an N that is no power of two", aegis([slot(3, 8, 1)])],
    ["an N that is too large for r", aegis([slot(2 ** 16, 1, 1)])],
    ["slots without end", aegis(Array(27_000).fill(slot(2 ** 15, 8, 1)))],
    [
      "rounds without end in many strings",
      `otpauth://totp/x?secret=${SECRET}&2step_difficulty=1000000\n`.repeat(500),
    ],
    ["millions of values", `[${"{},".repeat(2_000_000)}{}]`],
    ["millions of numbers", `[${"1,".repeat(3_000_000)}1]`],
    ["millions of tags", `<KeyContainer>${"<a/>".repeat(1_500_000)}</KeyContainer>`],
    ["a text of megabytes in XML", `<KeyContainer>${"x".repeat(8_000_000)}</KeyContainer>`],
    ["millions of cells", `name,login_totp\n${",".repeat(8_000_000)}`],
    ["millions of cells of a list of seeds", `# version: 2\n${"a,".repeat(4_000_000)}`],
    ["millions of short lines", "a,b\n".repeat(2_000_000)],
    ["millions of open quotes", `name,login_totp\n${'"'.repeat(8_000_000)}`],
    ["a list of records without end", "sccTokenData:a\n\n".repeat(450_000)],
    ["a record without end", `sccTokenData: ${"a=b;".repeat(1_900_000)}`],
    ["settings without end", `<map>${"<string/>".repeat(850_000)}</map>`],
    ["parameters without end", `otpauth://totp/x?codeDisplay=%7B${"&a=b".repeat(1_900_000)}`],
    ["a comment that begins again and again", `${"<!---->".repeat(1_000_000)}x`],
  ])("%s", { timeout: 60_000 }, async (_, content) => {
    const spent = await cpuMs(async () => {
      const outcome = await read(content).catch((error) => error);
      if (outcome instanceof FobError) expect(outcome.code).toBe("invalid");
      else expect(outcome.drafts).toEqual([]);
    });
    expect(spent).toBeLessThan(3_000);
  });

  test("and a two-step string is no entry of a file: its issuer needs what is made here", async () => {
    const { drafts, refusals } = await read(`otpauth://totp/x?secret=${SECRET}&2step_salt=8`);
    expect([drafts, refusals]).toEqual([[], [expect.stringMatching(/two steps.*fob enroll/)]]);
  });

  test("a name that twenty thousand tokens want, and a long secret, are no matter", async () => {
    const names = new FreeNames([]);
    const spent = await cpuMs(() => {
      for (let i = 0; i < 20_000; i++) names.next("vpn");
      decodeBase32(`${" ".repeat(4_000_000)}A`);
    });
    expect(names.next("vpn")).toBe("vpn 20001");
    expect(spent).toBeLessThan(2_000);
  });
});

describe("standards are taken at their word", () => {
  test.each(["\u0131", "\u017f", "\ufb06", "\u0130"])("Base32 has no letter %j", (letter) => {
    expect(decodeBase32(`AAAA${letter}AAA`)).toEqual({ position: 5 });
  });

  test("references to characters are characters, and others are refused", async () => {
    const issuer = async (text: string) => {
      const xml = container(`<Issuer>${text}</Issuer>`);
      return (await readPskc(xml, async () => Buffer.from("x"))).drafts[0]?.issuer;
    };
    expect(await issuer("Z&#252;rich &#x26; S&amp;#65;<![CDATA[&amp;]]>")).toBe(
      "Zürich & S&#65;&amp;",
    );
    for (const text of ["&nbsp;", "&#0;", "&#xd800;", "&", "&#x110000;", "&constructor;"])
      await expect(issuer(text)).rejects.toMatchObject({ code: "invalid" });
  });

  test.each(["foo 5", "2026-02-30T00:00:00Z", "2026-01-01T00:00:00+01", "0000-01-01T00:00:00Z"])(
    "%s is no date of a key",
    async (text) => {
      const xml = container(`<Policy><ExpiryDate>${text}</ExpiryDate></Policy>`);
      expect((await readPskc(xml, async () => Buffer.from("x"))).refusals).toHaveLength(1);
    },
  );

  test("a date without a zone is UTC, which is said", async () => {
    const xml = container("<Policy><ExpiryDate>2030-01-31T12:00:00</ExpiryDate></Policy>");
    const [draft] = (await readPskc(xml, async () => Buffer.from("x"))).drafts;
    expect(draft?.validity?.until).toEqual(new Date("2030-01-31T12:00:00Z"));
    expect(draft?.findings).toContainEqual(expect.objectContaining({ code: "zone-assumed" }));
  });

  test("Stratum's unknown algorithm is refused", async () => {
    const entry = { Type: 2, Secret: SECRET, Issuer: "x", Username: "y" };
    const { drafts, refusals } = await read(
      JSON.stringify({ Authenticators: [{ ...entry, Algorithm: 9 }, entry] }),
    );
    expect([drafts.length, refusals.length]).toEqual([1, 1]);
  });

  test("a migration code in a cell gives all its tokens", async () => {
    const entry = (byte: string) => `0a16${`0a14${byte.repeat(20)}`}`;
    const { drafts } = await read(`name,login_totp\nx,${migration(entry("41") + entry("42"))}\n`);
    expect(drafts).toHaveLength(2);
  });

  test("a rule of a policy has one value, and one character is no run", () => {
    expect(() => parsePinPolicy("min=4=9")).toThrow(/more than one value/);
    expect(judgePin("7", { ...USER_PIN_POLICY, minLength: 1 })).toBeNull();
    expect(judgePin("1234", USER_PIN_POLICY)?.rule).toBe("run");
  });
});

describe("a backup with a bad token", () => {
  const token = {
    ...{
      id: "0123456789abcdef",
      name: "good",
      issuer: null,
      account: null,
      serial: null,
      format: "key-uri",
    },
    credential: {
      kind: "totp",
      algorithm: "SHA1",
      digits: 6,
      alphabet: "decimal",
      period: 30,
      t0: 0,
    } as const,
    ...newlyEnrolled(new Date(0)),
    pin: "none" as const,
  };
  const good = {
    token,
    secret: Buffer.from("12345678901234567890"),
    pinPolicy: null,
    note: null,
    recoveryCodes: [],
  };

  test.each([
    [
      "an alphabet that is inherited",
      { credential: { ...token.credential, alphabet: "constructor" } },
    ],
    ["a date that is none", { enrolledAt: "2026-02-30T00:00:00Z" }],
    ["a date without a zone", { enrolledAt: "2026-02-20T00:00:00" }],
    ["a period of a year", { credential: { ...token.credential, period: 31_536_000 } }],
  ])("%s: the others are restored, and it is named", (_, change) => {
    const backup = JSON.parse(encodeBackup([good, good], new Date(0)).toString());
    Object.assign(backup.tokens[1].token, { name: "b\u001bad", ...change });
    const { tokens, refusals } = decodeBackup(Buffer.from(JSON.stringify(backup)));
    expect(tokens.map(({ token: { name } }) => name)).toEqual(["good"]);
    expect(refusals).toEqual([expect.stringMatching(/^bad: token\..* is damaged/)]);
  });

  test("its note and recovery codes come back; too many or damaged ones do not", () => {
    const note = "a\nb\u0000";
    const recoveryCodes = [
      { code: "a1", usedAt: null },
      { code: "b2", usedAt: "2026-01-31T12:00:00.000Z" },
    ];
    const again = decodeBackup(encodeBackup([{ ...good, note, recoveryCodes }], new Date(0)));
    expect(again).toMatchObject({ refusals: [], tokens: [{ note, recoveryCodes }] });
    const many = Array.from({ length: 1_001 }, () => ({ code: "a1", usedAt: null }));
    for (const wrong of [many, [{ code: "", usedAt: null }], [{ code: "a1", usedAt: "never" }]])
      expect(
        decodeBackup(encodeBackup([{ ...good, recoveryCodes: wrong }], new Date(0))).refusals,
      ).toHaveLength(1);
    const {
      note: _,
      recoveryCodes: __,
      ...older
    } = JSON.parse(encodeBackup([good], new Date(0)).toString()).tokens[0];
    const file = { format: "fob-backup", version: 4, tokens: [older] };
    expect(decodeBackup(Buffer.from(JSON.stringify(file))).tokens).toMatchObject([
      { note: null, recoveryCodes: [] },
    ]);
  });

  test.each([
    { minLength: 0 },
    { minLength: 9, maxLength: 4 },
    { attempts: 0 },
    { history: 1e9 },
    { expiryDays: 0.5 },
  ])("%j is no policy", (change) => {
    const entry = { ...good, pinPolicy: { ...USER_PIN_POLICY, ...change } };
    expect(decodeBackup(encodeBackup([entry], new Date(0))).refusals).toHaveLength(1);
  });
});
