import { describe, expect, test } from "vitest";
import { judgeNames } from "#enrollment/confusables.ts";
import type { EnrollmentDraft } from "#enrollment/draft.ts";
import { MAX_ENTRIES, readLines } from "#enrollment/lines.ts";
import { withoutRepetitions } from "#enrollment/repetitions.ts";
import type { Finding } from "#token/draft/parsed-token.ts";
import { cleanName, cleanSerial, labelOf, readLabel } from "#token/draft/uri-label.ts";
import { Parameters } from "#token/draft/uri-parameters.ts";

describe("a label", () => {
  test.each([
    ["ACME:ann", "", "ACME", "ann"],
    ["ann", "", null, "ann"],
    [":ann", "", "", "ann"],
    ["ACME:", "", "ACME", ""],
    ["ACME:a:b", "", "ACME", "a:b"],
    ["ACME: East:ann", "ACME: East", "ACME: East", "ann"],
    ["acme: east:ann", "ACME: East", "acme: east", "ann"],
    ["ACME: West:ann", "ACME: East", "ACME", " West:ann"],
    ["ACMEann", "ACME", null, "ACMEann"],
  ])("%j with the issuer %j is of %j for %j", (label, given, issuer, account) => {
    expect(labelOf(label, given)).toEqual({ issuer, account });
  });

  const read = (label: string, query = "") => {
    const parameters = new Parameters(query);
    const { issuer, account, name } = readLabel(label, parameters);
    return {
      issuer,
      account,
      name,
      codes: parameters.findings.map(({ code }) => code),
      fields: parameters.fields,
    };
  };

  test("gives way to the parameter, and what differs is said", () => {
    expect(read("ACME:ann", "issuer=acme")).toMatchObject({
      issuer: "acme",
      account: "ann",
      name: "acme",
      codes: [],
    });
    expect(read("ACME:ann", "issuer=Other+Ltd")).toMatchObject({
      issuer: "Other Ltd",
      codes: ["issuer-mismatch"],
    });
    expect(read("ACME:ann")).toMatchObject({ issuer: "ACME", name: "ACME", codes: [] });
    expect(read("ann")).toMatchObject({ issuer: null, account: "ann", name: "ann" });
    expect(read("")).toMatchObject({ issuer: null, account: null, name: null, fields: [] });
    expect(read("//%20ACME%3Aann")).toMatchObject({ issuer: "ACME", account: "ann" });
    expect(read("ACME:ann").fields).toEqual([
      { name: "issuer", value: "ACME", origin: "given" },
      { name: "account", value: "ann", origin: "given" },
    ]);
  });

  test("loses what could act on a terminal, which is said, and has 256 characters in a part", () => {
    const findings: Finding[] = [];
    expect(cleanName("account", "an\u001b[31mn", findings)).toBe("an[31mn");
    expect(findings).toMatchObject([{ severity: "warning", code: "control-characters" }]);
    expect(cleanName("account", "x".repeat(256), [])).toHaveLength(256);
    const cut: Finding[] = [];
    expect(cleanName("account", `x${"👩".repeat(256)}`, cut)).toBe(`x${"👩".repeat(255)}`);
    expect(cut).toMatchObject([
      { code: "name-too-long", message: "the account is longer than 256 characters: it is cut" },
    ]);
    expect(() => cleanSerial("x".repeat(257), [])).toThrow("serial is longer than 256 characters");
  });
});

describe("names that people could take for others", () => {
  const messages = (issuer: string | null, account: string | null = null) =>
    judgeNames({ issuer, account }).map(({ code, message }) => `${code}: ${message}`);

  test.each(["ACME", "Müller", "Почта", "ΑΒΓΔ", "日本", "Ann Почта", "~ ", ""])(
    "%j is none",
    (name) => {
      expect(messages(name, name)).toEqual([]);
    },
  );

  test.each(["АСМЕ", "ＡＣＭＥ", "AСME", "𝐀𝐂𝐌𝐄"])("%j looks like ACME", (name) => {
    expect(messages(name)).toEqual([
      'confusable-name: the issuer looks like "ACME", and is written with other letters',
    ]);
  });

  test("have letters of several alphabets in one word, in the issuer or the account", () => {
    const said = (part: string) =>
      `confusable-name: the ${part} has letters of several alphabets in one word`;
    expect(messages("Pochtaд")).toEqual([said("issuer")]);
    expect(messages(null, "x Pochtaд")).toEqual([said("account")]);
    expect(messages("Ωmega", "Юser")).toEqual([said("issuer"), said("account")]);
    expect(messages("Pochta-д")).toEqual([]);
  });
});

describe("a list of enrollment strings", () => {
  test("has one in each line that is not empty and no remark, with its number", () => {
    expect(readLines("\n a \r\n#b\n  # c\nd # e")).toEqual([
      { text: "a", number: 2 },
      { text: "d # e", number: 5 },
    ]);
    expect(readLines("")).toEqual([]);
    expect(readLines("a\n")).toEqual([{ text: "a", number: 1 }]);
  });

  test("has 20,000 at the most, whatever else stands in it", () => {
    expect(readLines(`${"#\n".repeat(10)}${"a\n".repeat(MAX_ENTRIES)}`)).toHaveLength(20_000);
    expect(() => readLines("a\n".repeat(MAX_ENTRIES + 1))).toThrow(
      "the list has more than 20000 lines",
    );
  });
});

describe("drafts of the same token", () => {
  const draft = (counter: bigint, more: Partial<EnrollmentDraft> = {}): EnrollmentDraft => ({
    format: "key-uri",
    name: "ACME",
    issuer: "ACME",
    account: "ann",
    serial: null,
    credential: { kind: "hotp", algorithm: "SHA1", digits: 6, alphabet: "decimal", counter },
    secret: Buffer.from("12345678901234567890"),
    fields: [],
    findings: [],
    ...more,
  });

  test("count once, with the highest counter, wherever it stands", () => {
    for (const counters of [
      [3n, 7n, 5n],
      [7n, 3n],
      [5n, 7n],
    ]) {
      expect(withoutRepetitions(counters.map((counter) => draft(counter)))).toEqual([draft(7n)]);
    }
    const [first, second] = [draft(7n, { serial: "1" }), draft(7n, { serial: "2" })];
    expect(withoutRepetitions([first, second])).toEqual([first]);
  });

  test("are others where issuer, account, secret or parameters differ", () => {
    const others = [
      draft(1n),
      draft(1n, { issuer: "Other" }),
      draft(1n, { account: null }),
      draft(1n, { secret: Buffer.from("another") }),
      draft(1n, {
        credential: {
          kind: "hotp",
          algorithm: "SHA1",
          digits: 8,
          alphabet: "decimal",
          counter: 1n,
        },
      }),
      draft(1n, { credential: { kind: "motp" } }),
      draft(1n, { credential: { kind: "ocra", suite: "OCRA-1:HOTP-SHA1-6:QN08", counter: null } }),
    ];
    expect(withoutRepetitions([...others, ...others])).toEqual(others);
  });
});
