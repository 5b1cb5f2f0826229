import { describe, expect, test } from "vitest";
import {
  decodeToken,
  encodeToken,
  newlyEnrolled,
  TOKEN_VERSION,
  tokenSchemas,
} from "#token/codec.ts";
import { counterOf, raiseCounter } from "#token/counter.ts";
import type { Credential, HotpCredential } from "#token/credential.ts";
import { credentialSchema } from "#token/credential-codec.ts";
import { findByWholeName, findToken } from "#token/find-token.ts";
import { inListOrder } from "#token/list-order.ts";
import type { Token } from "#token/token.ts";

const HOTP: HotpCredential = {
  kind: "hotp",
  algorithm: "SHA1",
  digits: 6,
  alphabet: "decimal",
  counter: 7n,
};
const PLAIN: Credential = { kind: "ocra", suite: "OCRA-1:HOTP-SHA1-6:QN08", counter: null };
const COUNTING: Credential = {
  kind: "ocra",
  suite: "OCRA-1:HOTP-SHA1-6:C-QN08",
  counter: 2n ** 64n - 1n,
};
const CREDENTIALS = [HOTP, PLAIN, COUNTING, { kind: "motp" }, { kind: "yandex" }] as const;

const token = (credential: Credential, more: Partial<Token> = {}): Token => ({
  id: "0123456789abcdef",
  name: "vpn",
  issuer: null,
  account: null,
  serial: null,
  format: "key-uri",
  credential,
  pin: "none",
  ...newlyEnrolled(new Date("2026-01-31T12:00:00.000Z")),
  ...more,
});

/** What a schema of valibot has that describes an object, or one of several. */
interface Schema {
  readonly options?: readonly Schema[];
  readonly entries?: Readonly<Record<string, { readonly literal?: string }>>;
}

/** The kind and the fields of every form that a credential can have. */
function formsOf({ options, entries = {} }: Schema): string[] {
  if (options) return options.flatMap(formsOf);
  const kind = Object.values(entries).flatMap(({ literal }) => literal ?? []);
  return [`${kind.join(" ")}: ${Object.keys(entries).join(" ")}`];
}

describe("a token", () => {
  test.each(CREDENTIALS)("with %o is the same after a way through JSON", (credential) => {
    const json = JSON.parse(JSON.stringify(encodeToken(token(credential))));
    expect(json.credential.counter).toBe(
      "counter" in credential ? (credential.counter?.toString() ?? null) : undefined,
    );
    expect(decodeToken(json)).toEqual(token(credential));
  });

  // whoever adds a field, a kind or a protocol raises the version, and names it here
  test("has these fields and forms in this version", () => {
    expect({
      version: TOKEN_VERSION,
      fields: Object.keys(tokenSchemas()).join(" "),
      credentials: formsOf(credentialSchema() as unknown as Schema),
    }).toEqual({
      version: 6,
      fields:
        "id name issuer account serial format credential pin pinOrder accessDomain confirm favorite heldBy enrolledAt tags",
      credentials: [
        "totp: kind algorithm digits alphabet period t0",
        "hotp: kind algorithm digits alphabet counter",
        "ocra: kind suite counter",
        "motp: kind",
        "yandex: kind",
        "list: kind length first counter",
        "push privacyidea: kind protocol serverKey url isQuick isInsecure",
        "push tiqr: kind protocol service identity suite url isQuick isInsecure",
      ],
    });
  });

  test("knows its counter where it has one", () => {
    expect(CREDENTIALS.map(counterOf)).toEqual([7n, null, 2n ** 64n - 1n, null, null]);
  });

  test("has its counter raised, and never lowered", () => {
    expect(raiseCounter(HOTP, 9n)).toEqual({ ...HOTP, counter: 9n });
    expect([raiseCounter(HOTP, 7n), raiseCounter(HOTP, 6n)]).toEqual([HOTP, HOTP]);
    expect([raiseCounter(PLAIN, 9n), raiseCounter({ kind: "motp" }, 9n)]).toEqual([
      PLAIN,
      { kind: "motp" },
    ]);
  });
});

describe("a list of tokens", () => {
  test("has favourites first, then names as people sort them, and leaves the given one alone", () => {
    const given = ["box 10", "Zoo", "apple", "box 9", "Äther"].map((name) => ({
      name,
      favorite: name === "Zoo",
    }));
    const names = given.map(({ name }) => name);
    expect(inListOrder(given).map(({ name }) => name)).toEqual([
      "Zoo",
      "apple",
      "Äther",
      "box 9",
      "box 10",
    ]);
    expect(given.map(({ name }) => name)).toEqual(names);
  });
});

describe("looking for a token", () => {
  const named = (...names: string[]) =>
    names.map((name, i) => ({ id: `${i}123456789abcdef`, name, issuer: null, account: null }));

  test("finds the one that is meant", () => {
    const tokens = named("vpn", "mail");
    expect(findToken("ma", tokens)).toBe(tokens[1]);
    expect(findByWholeName("MAIL", tokens)).toBe(tokens[1]);
    expect(findByWholeName("1123456789abcdef", tokens)).toBe(tokens[1]);
    expect(findByWholeName("ma", tokens)).toBeNull();
  });

  test("names up to five of those that fit, and counts the others", () => {
    const several = (count: number) =>
      named(...Array.from({ length: count }, (_, i) => `git ${i + 1}`));
    expect(() => findToken("git", several(5))).toThrow(
      expect.objectContaining({
        code: "ambiguous",
        message: '"git" fits several tokens: git 1, git 2, git 3, git 4, git 5',
      }),
    );
    expect(() => findToken("git", several(7))).toThrow(
      /: git 1, git 2, git 3, git 4, git 5 and 2 more$/,
    );
    expect(() => findByWholeName("VPN", named("vpn", "Vpn"))).toThrow(
      expect.objectContaining({ code: "ambiguous" }),
    );
  });

  test("offers what resembles the name, or else the list", () => {
    expect(() => findToken("maul", named("mail"))).toThrow(
      expect.objectContaining({ code: "not-found", message: 'no token is called "maul"' }),
    );
    expect(() => findToken("maul", named("vpn", "mail", "mall"))).toThrow(
      expect.objectContaining({ hint: "did you mean mail or mall?" }),
    );
    expect(() => findToken("maul", named("vpn"))).toThrow(
      expect.objectContaining({ hint: "`fob list` shows the tokens" }),
    );
  });
});
