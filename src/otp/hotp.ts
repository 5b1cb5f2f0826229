import { t } from "#base/language.ts";
import { type HashAlgorithm, hmac } from "./algorithm.ts";
import { ALPHABETS, type Alphabet } from "./alphabet.ts";
import { OtpError } from "./otp-error.ts";

/** The fewest and the most characters that a passcode may have. */
export const DIGITS = { min: 4, max: 10 } as const;

/** The highest counter or time step: both have eight bytes. */
export const LAST_COUNTER = 2n ** 64n - 1n;

/** The counter of a token that has given the passcode of the last one. */
export const NO_COUNTER_LEFT = LAST_COUNTER + 1n;

/** The inputs of an HMAC-based passcode. */
export interface HotpInput {
  readonly secret: Uint8Array;
  readonly counter: bigint;
  readonly algorithm: HashAlgorithm;
  readonly digits: number;
  readonly alphabet: Alphabet;
}

/**
 * The HMAC-based passcode for one counter value, leading zeros included (RFC 4226 section 5.3).
 * Throws OtpError for an empty secret, a counter outside 0 to 2^64-1, or digits outside 4 to 10.
 */
export function hotp({ secret, counter, algorithm, digits, alphabet }: HotpInput): string {
  if (secret.length === 0) throw new OtpError("secret", t("the secret is empty"));
  if (counter < 0n || counter > LAST_COUNTER)
    throw new OtpError("counter", t`counter is ${counter}: 0 to 2^64-1 are possible`);
  refuseDigits(digits);
  return truncate(hmac(algorithm, secret, counterBytes(counter)), digits, alphabet);
}

/** A counter or time step as 8 bytes, most significant first (RFC 4226 section 5.1). */
export function counterBytes(counter: bigint): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(counter);
  return bytes;
}

/**
 * Shortens an HMAC to a passcode of `digits` characters. Decimal passcodes use the dynamic
 * truncation of RFC 4226 section 5.3.
 */
export function truncate(mac: Buffer, digits: number, alphabet: Alphabet): string {
  const offset = (mac.at(-1) ?? 0) & 0xf;
  if (alphabet === "decimal")
    return String(truncatedNumber(mac, offset) % 10 ** digits).padStart(digits, "0");
  if (alphabet === "steam") return steamText(truncatedNumber(mac, offset), digits);
  return byteText(mac, offset, digits, ALPHABETS[alphabet]);
}

/** Throws OtpError for a number of digits that a passcode cannot have. */
function refuseDigits(digits: number): void {
  if (Number.isInteger(digits) && digits >= DIGITS.min && digits <= DIGITS.max) return;
  throw new OtpError("digits", t`digits is ${digits}: ${DIGITS.min} to ${DIGITS.max} are possible`);
}

function truncatedNumber(mac: Buffer, offset: number): number {
  return mac.readUInt32BE(offset) & 0x7fffffff;
}

/** Steam Guard writes the truncated number in base 26, least significant character first. */
function steamText(number: number, digits: number): string {
  const letters = ALPHABETS.steam;
  let rest = number;
  let text = "";
  for (let i = 0; i < digits; i++) {
    text += letters[rest % letters.length];
    rest = Math.floor(rest / letters.length);
  }
  return text;
}

/**
 * The vendor's rule for these alphabets is not public; this one is our own: successive bytes from
 * the dynamic offset on, continuing at the start of the HMAC. The alphabets' sizes divide 256, so
 * every character is equally likely.
 */
function byteText(mac: Buffer, offset: number, digits: number, letters: string): string {
  return Array.from(
    { length: digits },
    (_, i) => letters[(mac[(offset + i) % mac.length] ?? 0) % letters.length],
  ).join("");
}
