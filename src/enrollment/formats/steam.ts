import type { EnrollmentFormat } from "#enrollment/draft.ts";
import { judgeSecret, parseBase32Secret } from "#enrollment/secret-text.ts";
import type { ParsedToken } from "#token/draft/parsed-token.ts";

/** `steam://SECRET`, as password managers write a Steam Guard secret in Base32. */
export const steam = {
  id: "steam",
  example: "steam://SECRET",
  matches: (text) => /^steam:\/\//i.test(text),
  parse: (text) => [parseSteam(text.replace(/^steam:\/\//i, ""))],
} as const satisfies EnrollmentFormat;

function parseSteam(text: string): ParsedToken {
  const secret = parseBase32Secret(text);
  return {
    name: "Steam",
    issuer: "Steam",
    account: null,
    serial: null,
    credential: {
      kind: "totp",
      algorithm: "SHA1",
      digits: 5,
      alphabet: "steam",
      period: 30,
      t0: 0,
    },
    secret,
    fields: [
      { name: "issuer", value: "Steam", origin: "assumed" },
      { name: "encoder", value: "steam", origin: "given" },
      { name: "digits", value: "5", origin: "default" },
      { name: "period", value: "30", origin: "default" },
    ],
    findings: judgeSecret(secret),
  };
}
