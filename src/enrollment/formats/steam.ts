import { t } from "#base/language.ts";
import type { EnrollmentFormat } from "#enrollment/draft.ts";
import { judgeSecret, parseBase32Secret } from "#enrollment/secret-text.ts";
import type { TotpCredential } from "#token/credential.ts";
import type { ParsedToken } from "#token/draft/parsed-token.ts";

/** Steam Guard: its own alphabet, always five characters every 30 seconds. */
export const STEAM_GUARD = {
  kind: "totp",
  algorithm: "SHA1",
  digits: 5,
  alphabet: "steam",
  period: 30,
  t0: 0,
} as const satisfies TotpCredential;

/** Whether an issuer is Steam, whose tokens are Steam Guard even where a string does not say so. */
function isSteam(issuer: string | null): boolean {
  return issuer !== null && /^steam(?: ?guard)?$/i.test(issuer);
}

/** The finding about such a token. */
export function steamByIssuer(): string {
  return t("it is taken for Steam Guard because of its issuer: Steam has no other passcodes");
}

/**
 * Whether a token would be read as Steam Guard because of its issuer, where its string does not
 * mark passcodes as digits.
 */
export function looksLikeSteamGuard(
  issuer: string | null,
  { algorithm, digits, alphabet, period, t0 }: TotpCredential,
): boolean {
  const isUsual = algorithm === "SHA1" && period === 30 && t0 === 0 && alphabet === "decimal";
  return isSteam(issuer) && isUsual && digits <= 6;
}

/** `steam://SECRET`, a Steam Guard secret in Base32 as password managers write it. */
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
    credential: STEAM_GUARD,
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
