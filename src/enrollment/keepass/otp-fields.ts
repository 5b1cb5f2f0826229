import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import type { AppEntry, TokenItem } from "#enrollment/files/app-file.ts";
import { isBase64, parseHexSecret } from "#enrollment/secret-text.ts";
import { encodeBase32 } from "#token/base32.ts";

/** The fields of an entry, by their names. */
type Fields = ReadonlyMap<string, string>;

/** The names that an entry gives its tokens. */
type Names = Pick<AppEntry, "issuer" | "account">;

/**
 * The tokens in an entry's fields, as each program keeps them that writes such databases: none for
 * most entries, more than one where several programs have written theirs.
 */
export function tokensIn(fields: Fields, names: Names): TokenItem[] {
  return [readOtp, readTrayTotp, readTimeOtp, readHmacOtp].flatMap((read) => {
    try {
      return read(fields, names) ?? [];
    } catch (error) {
      if (!(error instanceof FobError)) throw error;
      return { fault: error.message, ...names };
    }
  });
}

/** `otp` of KeePassXC and others is a Key URI, and KeeOtp's a query without one. */
function readOtp(fields: Fields, names: Names): TokenItem | null {
  const otp = (fields.get("otp") || fields.get("OTPAuth") || "").trim();
  if (otp === "") return null;
  return /^(?:[a-z]+=[^&]*&)*key=/i.test(otp)
    ? readKeeOtp(otp, names)
    : { enrollment: otp, ...names };
}

function readKeeOtp(query: string, names: Names): TokenItem {
  const parameters = new Map(
    [...new URLSearchParams(query)].map(([name, value]) => [name.toLowerCase(), value]),
  );
  const type = parameters.get("type")?.toLowerCase() ?? "totp";
  const algorithm = parameters.get("otphashmode");
  return {
    type,
    ...names,
    secret: secretIn(parameters.get("key") ?? "", parameters.get("encoding") ?? "base32"),
    ...(algorithm && { algorithm: algorithmOf(algorithm) }),
    digits: parameters.get("size"),
    period: parameters.get("step"),
    counter: parameters.get("counter"),
    ...(type === "totp" && { alphabet: "decimal" }),
  };
}

/** `TOTP Settings` of Tray TOTP, KeeTrayTOTP and older KeePassXC: `30;6`, `30;S` for Steam. */
function readTrayTotp(fields: Fields, names: Names): TokenItem | null {
  const secret = fields.get("TOTP Seed");
  if (!secret?.trim()) return null;
  const [period, form] = (fields.get("TOTP Settings") ?? "").split(";").map((part) => part.trim());
  if (form?.toUpperCase() === "S") return { type: "steam", ...names, secret };
  return { type: "totp", ...names, secret, period, digits: form, alphabet: "decimal" };
}

/** KeePass's own fields since 2.47. */
function readTimeOtp(fields: Fields, names: Names): TokenItem | null {
  const secret = secretOf(fields, "TimeOtp-Secret");
  if (secret === null) return null;
  const algorithm = fields.get("TimeOtp-Algorithm");
  return {
    type: "totp",
    ...names,
    secret,
    ...(algorithm && { algorithm: algorithmOf(algorithm) }),
    digits: fields.get("TimeOtp-Length"),
    period: fields.get("TimeOtp-Period"),
    alphabet: "decimal",
  };
}

function readHmacOtp(fields: Fields, names: Names): TokenItem | null {
  const secret = secretOf(fields, "HmacOtp-Secret");
  return secret === null
    ? null
    : { type: "hotp", ...names, secret, counter: fields.get("HmacOtp-Counter") || "0" };
}

/** The encodings of a secret, by the ends of a field's name. */
const ENCODINGS = { "": "utf8", "-Hex": "hex", "-Base32": "base32", "-Base64": "base64" } as const;

function secretOf(fields: Fields, name: string): string | null {
  for (const [end, encoding] of Object.entries(ENCODINGS)) {
    const value = fields.get(name + end);
    if (value?.trim()) return secretIn(value, encoding);
  }
  return null;
}

/** A secret in Base32. What it says is never a part of the message where it cannot be read. */
function secretIn(value: string, encoding: string): string {
  const packed = value.replace(/\s/g, "");
  switch (encoding.toLowerCase()) {
    case "base32":
      return value;
    case "hex":
      return encodeBase32(parseHexSecret(packed));
    case "base64":
      if (isBase64(packed)) return encodeBase32(Buffer.from(packed, "base64"));
      throw new FobError("invalid", t("secret is not Base64"));
    case "utf8":
      return encodeBase32(Buffer.from(value));
    default:
      throw new FobError("invalid", t("the encoding of the secret is not known"));
  }
}

/** `HMAC-SHA-256`, `Sha256`: the hash alone counts. */
function algorithmOf(name: string): string {
  return name
    .toUpperCase()
    .replace(/^HMAC-?/, "")
    .replace(/^SHA-/, "SHA");
}
