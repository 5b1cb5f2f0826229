import type { EnrollmentDraft, EnrollmentFormat } from "#enrollment/draft.ts";
import { judgeSecret, parseBase32Secret } from "#enrollment/secret-text.ts";

/** `steam://SECRET`, as password managers write a Steam Guard secret in Base32. */
export const steam: EnrollmentFormat = {
  id: "steam",
  example: "steam://SECRET",
  matches: (text) => /^steam:\/\//i.test(text),
  parse: (text) => [parseSteam(text.replace(/^steam:\/\//i, ""))],
};

function parseSteam(text: string): EnrollmentDraft {
  const secret = parseBase32Secret(text);
  return {
    format: steam.id,
    ...{ name: "Steam", issuer: "Steam", account: null, serial: null },
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
