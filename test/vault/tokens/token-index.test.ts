import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { newlyEnrolled } from "#token/codec.ts";
import { matchName } from "#token/names.ts";
import type { Token } from "#token/token.ts";
import {
  decodeIndex,
  encodeIndex,
  entriesLike,
  findExactly,
  namesIn,
} from "#vault/tokens/token-index.ts";

const TOTP = {
  kind: "totp",
  algorithm: "SHA1",
  digits: 6,
  alphabet: "decimal",
  period: 30,
  t0: 0,
} as const;
const HOTP = {
  kind: "hotp",
  algorithm: "SHA1",
  digits: 6,
  alphabet: "decimal",
  counter: 2n ** 63n,
} as const;

function token(id: string, name: string, more: Partial<Token> = {}): Token {
  return {
    id: id.padStart(16, "0"),
    name,
    issuer: null,
    account: null,
    serial: null,
    format: "key-uri",
    credential: TOTP,
    pin: "none",
    ...newlyEnrolled(new Date("2026-01-31T12:00:00.123Z")),
    ...more,
  };
}

const TOKENS = [
  token("a", "box 10", { issuer: "box 9", account: 'ann ",\n[1,"b"' }),
  token("b", "box 9", { credential: HOTP, pin: "user", serial: "S-1" }),
  token("c", "Zoë ],\n[0,", { favorite: true, accessDomain: "02" }),
  token("d", "0000000000000001", { issuer: "000000000000000d", tags: ["work", "a,b"] }),
];
const LISTED = [TOKENS[2], TOKENS[3], TOKENS[1], TOKENS[0]];

describe("the index", () => {
  test("keeps everything of tokens, in list order", () => {
    expect(decodeIndex(encodeIndex(TOKENS))).toEqual(LISTED);
    expect(decodeIndex(encodeIndex([]))).toEqual([]);
    expect(decodeIndex(null)).toEqual([]);
  });

  test("of another version is said to be one", () => {
    expect(() => decodeIndex(Buffer.from('[{"id":"000000000000000a"}]'))).toThrow(
      expect.objectContaining({
        code: "invalid",
        hint: expect.stringContaining("doctor --repair"),
      }),
    );
  });

  test("of a version without tags holds tokens without tags", () => {
    const { kinds, tokens } = JSON.parse(encodeIndex(TOKENS).toString());
    const older = { version: 2, kinds, tokens: tokens.map((row: unknown[]) => row.slice(0, 8)) };
    const bare = LISTED.map((one) => ({ ...one, tags: [] }));
    expect(decodeIndex(Buffer.from(JSON.stringify(older)))).toEqual(bare);
  });

  test("writes what tokens share once", () => {
    const thousand = Array.from({ length: 1_000 }, (_, i) => token(i.toString(16), `t${i}`));
    const index = encodeIndex(thousand);
    expect(JSON.parse(index.toString()).kinds).toHaveLength(1);
    expect(index.length).toBeLessThan(70_000);
  });

  test("gives names without the rest", () => {
    expect(namesIn(encodeIndex(TOKENS))).toEqual(LISTED.map((one) => one?.name));
    expect(namesIn(null)).toEqual([]);
  });

  test("finds a token by its whole id or whole name, and by nothing else", () => {
    const index = encodeIndex(TOKENS);
    for (const one of TOKENS) {
      expect(findExactly(index, one.id)).toEqual(one);
      expect(findExactly(index, one.name)).toEqual(one);
    }
    // an issuer, part of a name, an id of nobody, and what only looks like a line
    for (const query of [
      "ann",
      "box",
      "S-1",
      "000000000000000e",
      '0,"000000000000000a"',
      "key-uri",
      "",
    ]) {
      expect(findExactly(index, query)).toBeNull();
    }
  });
});

describe("the entries like a query", () => {
  const NAMES = [
    "GitHub",
    "gitlab",
    "Ann's bank",
    "Übung",
    "KELVIN \u212a",
    "b\u0065\u0301a",
    'a"b',
    "x:y",
    "",
  ];
  const names = fc.oneof(fc.constantFrom(...NAMES), fc.string({ unit: "grapheme", maxLength: 8 }));
  const field = fc.option(names);
  const tokens = fc
    .array(fc.record({ name: names, issuer: field, account: field }), { maxLength: 12 })
    .map((list) => list.map(({ name, ...more }, i) => token(i.toString(16), name, more)));
  const pieces = fc.oneof(
    names,
    fc.constantFrom(
      "git",
      "HUB:an",
      ":",
      "k",
      "K",
      "é",
      "hub:",
      "000000000000000",
      "true",
      "]}",
      "[",
    ),
  );

  test("have all that it means: a token is found among them as among all", () => {
    fc.assert(
      fc.property(tokens, pieces, fc.nat(4), (list, text, cut) => {
        const query = text.slice(cut > 2 ? 1 : 0, cut === 2 ? -1 : text.length);
        const index = encodeIndex(list);
        const match = matchName(query, decodeIndex(index));
        const among = matchName(query, entriesLike(index, query));
        expect(match.kind === "none" ? "none" : match).toEqual(
          among.kind === "none" ? "none" : among,
        );
      }),
      { numRuns: 500 },
    );
  });

  test("are few of many", () => {
    const many = Array.from({ length: 1_000 }, (_, i) => token(i.toString(16), `t${i}`));
    expect(entriesLike(encodeIndex(many), "T99").map(({ name }) => name)).toHaveLength(11);
  });

  test("are all where the index is written in another way", () => {
    const index = JSON.stringify(JSON.parse(encodeIndex(TOKENS).toString()));
    expect(entriesLike(Buffer.from(index), "box")).toEqual(LISTED);
  });
});
