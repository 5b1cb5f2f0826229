import { createHash } from "node:crypto";
import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import type { EnrollmentFormat } from "#enrollment/draft.ts";
import { deriveActivationKey } from "#otp/activation-key.ts";
import { decodeBase32 } from "#token/base32.ts";
import type { ParsedToken } from "#token/draft/parsed-token.ts";

const GROUP_LENGTH = 5;
const ENTROPY_BYTES = 10;
const CHECK_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

/**
 * Groups of five with dashes between them. Bare secrets are not written like this, so a mistyped
 * code is still recognized.
 */
const SHORT_FORM = /^[a-z0-9]{5}(?:-[a-z0-9]{5}){3}$/i;
const LONG_FORM = /^[a-z0-9]{5}(?:-[a-z0-9]{5}){3,31}-[a-z0-9]{1,5}$/i;

/**
 * The activation code of older MobilePASS tokens: event-based passcodes with HMAC-SHA-256, six
 * digits, counter from 0. The short form is `XXXXX-XXXXX-XXXXX-XXXXX` with a check character at the
 * end of each group, the long one Base32 with a check byte.
 */
export const activationCode = {
  id: "activation-code",
  example: "XXXXX-XXXXX-XXXXX-XXXXX",
  matches: (text) => SHORT_FORM.test(text) || LONG_FORM.test(text) || isShortWithoutDashes(text),
  parse: (text) => [parseActivationCode(text)],
} as const satisfies EnrollmentFormat;

/**
 * Without dashes a code could be a bare secret of 20 characters, but for its four check characters:
 * a chance of one in a million.
 */
function isShortWithoutDashes(text: string): boolean {
  const groups = readGroups(text);
  return (
    groups.length === 4 &&
    groups.every((group) => group.length === GROUP_LENGTH && group.at(-1) === checkCharacter(group))
  );
}

/** The groups of five, with characters that are often confused corrected. */
function readGroups(text: string): string[] {
  const characters = text
    .replace(/[-\s]/g, "")
    .toUpperCase()
    .replaceAll("0", "O")
    .replaceAll("1", "I");
  return characters.match(/.{1,5}/g) ?? [];
}

function parseActivationCode(text: string): ParsedToken {
  const groups = readGroups(text);
  const isShort = groups.length === 4;
  const entropy = isShort ? shortEntropy(groups) : longEntropy(groups.join(""));
  return {
    name: "MobilePASS",
    issuer: null,
    account: null,
    serial: null,
    credential: { kind: "hotp", algorithm: "SHA256", digits: 6, alphabet: "decimal", counter: 0n },
    secret: deriveActivationKey(entropy),
    fields: [
      { name: "form", value: isShort ? "short" : "long", origin: "given" },
      { name: "algorithm", value: "SHA256", origin: "default" },
      { name: "digits", value: "6", origin: "default" },
      { name: "counter", value: "0", origin: "default" },
    ],
    findings: [],
  };
}

/** Sixteen characters, 80 bits, when every group's fifth character confirms the four before it. */
function shortEntropy(groups: readonly string[]): Buffer {
  groups.forEach((group, i) => {
    // the group itself is part of a secret
    if (group.at(-1) !== checkCharacter(group))
      throw new FobError("invalid", t`group ${i + 1} of the activation code is mistyped`);
  });
  return decode(groups.map((group) => group.slice(0, GROUP_LENGTH - 1)).join(""));
}

/**
 * The sum of position times character code over the four characters, modulo 32, in Base32 letters.
 */
function checkCharacter(group: string): string | undefined {
  const sum = [...group.slice(0, GROUP_LENGTH - 1)].reduce(
    (total, letter, i) => total + (i + 1) * letter.charCodeAt(0),
    0,
  );
  return CHECK_LETTERS[sum % CHECK_LETTERS.length];
}

/** The first 80 bits, when the last 8 confirm the rest: they are the last byte of its SHA-256. */
function longEntropy(characters: string): Buffer {
  const bits = toBits(characters);
  const rest = bits.slice(0, -8);
  const expected = createHash("sha256").update(toBytes(rest)).digest().at(-1);
  if (Number.parseInt(bits.slice(-8), 2) !== expected)
    throw new FobError("invalid", t("the activation code is mistyped: its check byte is wrong"));
  return toBytes(bits.slice(0, ENTROPY_BYTES * 8));
}

function toBits(characters: string): string {
  const values = [...characters].map((character) => CHECK_LETTERS.indexOf(character));
  const wrong = values.indexOf(-1);
  if (wrong >= 0)
    throw new FobError(
      "invalid",
      t`character ${wrong + 1} of the activation code cannot occur in one`,
    );
  return values.map((value) => value.toString(2).padStart(5, "0")).join("");
}

function toBytes(bits: string): Buffer {
  const whole = bits.padEnd(Math.ceil(bits.length / 8) * 8, "0");
  return Buffer.from((whole.match(/.{8}/g) ?? []).map((byte) => Number.parseInt(byte, 2)));
}

function decode(characters: string): Buffer {
  const bytes = decodeBase32(characters);
  if (Buffer.isBuffer(bytes)) return bytes;
  throw new FobError(
    "invalid",
    t("the activation code holds a character that cannot occur in one"),
  );
}
