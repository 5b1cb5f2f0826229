import type { EnrollmentFormat } from "#enrollment/draft.ts";
import { judgeSecret, parseBase32Secret, parseHexSecret } from "#enrollment/secret-text.ts";
import type { ParsedToken } from "#token/draft/parsed-token.ts";

/** Shorter texts are rather a mistyped name or passcode than a secret. */
const MIN_CHARACTERS = 8;

const PREFIXED = /^(?<encoding>0x|hex:|base32:)(?<body>.*)$/is;
const PLAIN = /^[a-z0-9\s-]+=*$/i;
const ONLY_HEX = /[0189]/;

/**
 * A secret alone, in Base32 or hexadecimal, for a time-based token with the usual parameters. A
 * text that could be both is read as Base32, which issuers show; the prefix `hex:` or `0x` selects
 * hexadecimal.
 */
export const bareSecret = {
  id: "bare-secret",
  example: "a secret in Base32 or hexadecimal",
  matches: (text) =>
    PREFIXED.test(text) ||
    (PLAIN.test(text) && text.replace(/[\s=-]/g, "").length >= MIN_CHARACTERS),
  parse: (text) => [parseBareSecret(text)],
} as const satisfies EnrollmentFormat;

/** Whether a text says itself that it is a secret: others may be words of Base32 letters. */
export function isMarkedSecret(text: string): boolean {
  return PREFIXED.test(text);
}

function parseBareSecret(text: string): ParsedToken {
  const { encoding, body = text } = PREFIXED.exec(text)?.groups ?? {};
  const isHex = encoding === undefined ? ONLY_HEX.test(text) : encoding.toLowerCase() !== "base32:";
  const secret = isHex ? parseHexSecret(body) : parseBase32Secret(body);
  return {
    name: null,
    issuer: null,
    account: null,
    serial: null,
    credential: {
      kind: "totp",
      algorithm: "SHA1",
      digits: 6,
      alphabet: "decimal",
      period: 30,
      t0: 0,
    },
    secret,
    fields: [
      {
        name: "encoding",
        value: isHex ? "hexadecimal" : "Base32",
        origin: encoding === undefined ? "assumed" : "given",
      },
      { name: "type", value: "totp", origin: "assumed" },
      { name: "algorithm", value: "SHA1", origin: "assumed" },
      { name: "digits", value: "6", origin: "assumed" },
      { name: "period", value: "30", origin: "assumed" },
    ],
    findings: judgeSecret(secret),
  };
}
