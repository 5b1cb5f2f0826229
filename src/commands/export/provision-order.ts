import { randomBytes } from "node:crypto";
import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { parseWhole } from "#commands/values.ts";
import type { ExportedToken } from "#enrollment/exported-token.ts";
import { recognize } from "#enrollment/recognize.ts";
import { encodeBase32 } from "#token/base32.ts";
import { formatLabel } from "#token/draft/uri-label.ts";

/**
 * What a token to be made is like: the Key URI's parameters, as text, and `bits`, the length of its
 * secret.
 */
export type Order = Readonly<Partial<Record<OrderField, string | undefined>>>;

/** All fields of an order. */
export const ORDER_FIELDS = [
  "kind",
  "issuer",
  "account",
  "serial",
  "algorithm",
  "digits",
  "alphabet",
  "period",
  "counter",
  "suite",
  "pinpolicy",
  "bits",
] as const;

type OrderField = (typeof ORDER_FIELDS)[number];

/** The kinds of token that can be made. */
export const KINDS: readonly string[] = ["totp", "hotp", "ocra"];

/** RFC 4226 (R6) requires at least 128 bits and recommends 160. */
const SECRET_BITS = { min: 128, max: 512, usual: "160" };

/**
 * A token with a new random secret, checked by the very parser that will read it. Throws FobError
 * `usage` naming the first field that is wrong.
 */
export async function makeToken({
  kind = "",
  bits = SECRET_BITS.usual,
  ...parameters
}: Order): Promise<ExportedToken> {
  if (!KINDS.includes(kind))
    throw new FobError("usage", t`${JSON.stringify(kind)} is not totp, hotp or ocra`);
  const { issuer, account, ...rest } = parameters;
  if (issuer === undefined && account === undefined) {
    throw new FobError(
      "usage",
      t("issuer, account or both are needed: the token is called by them"),
    );
  }
  const label = formatLabel(issuer ?? null, account ?? null);
  const secret = encodeBase32(randomBytes(parseBytes(bits)));
  const given = Object.entries({ secret, ...rest, issuer }).filter(
    ([, text]) => text !== undefined,
  );
  const query = given.map(([name, text]) => `${name}=${encodeURIComponent(text ?? "")}`).join("&");
  const [draft] = await recognize(`otpauth://${kind}/${label}?${query}`).catch(asUsage);
  const unknown = draft?.findings.find(({ code }) => code === "unknown-parameter");
  if (unknown)
    throw new FobError("usage", t`a ${kind} token takes no such option: ${unknown.message}`);
  if (!draft) throw new Error("a Key URI was made and did not come back");
  const { credential, secret: bytes, pin } = draft;
  const [id, name] = [randomBytes(8).toString("hex"), account ?? issuer ?? ""];
  const { issuer: issuedBy, account: issuedTo, serial } = draft;
  const token = {
    id,
    name,
    issuer: issuedBy,
    account: issuedTo,
    serial,
    credential,
    secret: bytes,
  };
  return pin === undefined ? token : { ...token, pin };
}

/** The length of a secret in whole bytes. */
function parseBytes(text: string): number {
  const bits = parseWhole("bits", text, SECRET_BITS.min, SECRET_BITS.max);
  if (bits % 8 === 0) return bits / 8;
  throw new FobError("usage", t`bits is ${bits}: a multiple of 8 is needed`);
}

/** What is wrong was ordered here, and is in no foreign string. */
function asUsage(error: unknown): never {
  throw error instanceof FobError ? new FobError("usage", error.message, { cause: error }) : error;
}
