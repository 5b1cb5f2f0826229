import { createHash } from "node:crypto";
import { t } from "#base/language.ts";
import { hmac } from "./algorithm.ts";
import { counterBytes, truncate } from "./hotp.ts";
import type { ChallengeFormat, OcraSuite } from "./ocra-suite.ts";
import { OtpError } from "./otp-error.ts";

const CHALLENGE_BYTES = 128;

/**
 * A challenge: one text, or for mutual challenge-response two texts in the order in which they are
 * hashed. The response of each side begins with the challenge that the other side made (RFC 6287
 * section 7.2).
 */
export type Challenge = readonly [string] | readonly [string, string];

/** The inputs of an OCRA response. Inputs that the suite does not name must be null. */
export interface OcraInput {
  readonly suite: OcraSuite;
  readonly secret: Uint8Array;
  readonly challenge: Challenge;
  readonly counter: bigint | null;
  /** As typed, in UTF-8; it is hashed with the suite's function. */
  readonly pin: Uint8Array | null;
  readonly session: Uint8Array | null;
  readonly unixSeconds: number | null;
}

/**
 * The response to a challenge (RFC 6287 section 5): digits, or for a suite with 0 digits the whole
 * HMAC in lower-case hexadecimal. Throws OtpError naming the input that is missing, not part of the
 * suite, or malformed.
 */
export function ocra(input: OcraInput): string {
  const { suite, secret } = input;
  if (secret.length === 0) throw new OtpError("secret", t("the secret is empty"));
  return ocraText(suite, hmac(suite.algorithm, secret, ocraMessage(input)));
}

/** The response that an HMAC of {@link ocraMessage} gives. */
export function ocraText({ digits }: OcraSuite, mac: Buffer): string {
  return digits === 0 ? mac.toString("hex") : truncate(mac, digits, "decimal");
}

/** The message whose HMAC is the response (RFC 6287 section 5.1). Throws as {@link ocra} does. */
export function ocraMessage({
  suite,
  challenge,
  counter,
  pin,
  session,
  unixSeconds,
}: Omit<OcraInput, "secret">): Buffer {
  const time = suite.timeStep === null ? null : unixSeconds;
  return Buffer.concat([
    Buffer.from(`${suite.text}\0`, "latin1"),
    given("counter", suite.counter, counter, counterBytes),
    challengeBytes(suite, challenge),
    given("pin", suite.pin !== null, pin, (typed) => hashPin(suite, typed)),
    given("session", suite.session !== null, session, (bytes) => padSession(suite, bytes)),
    given("time", suite.timeStep !== null, time, (seconds) => timeBytes(suite, seconds)),
  ]);
}

function given<T>(
  parameter: string,
  isWanted: boolean,
  value: T | null,
  encode: (value: T) => Buffer,
): Buffer {
  if (isWanted && value === null) throw new OtpError(parameter, t`the suite needs a ${parameter}`);
  if (!isWanted && value !== null)
    throw new OtpError(parameter, t`the suite takes no ${parameter}`);
  return value === null ? Buffer.alloc(0) : encode(value);
}

const CHARACTERS: Readonly<Record<ChallengeFormat, RegExp>> = {
  numeric: /^[0-9]+$/,
  // printable ASCII, more than the letters and digits of the RFC's examples: login pages show it
  alphanumeric: /^[\x20-\x7e]+$/,
  hexadecimal: /^[0-9A-Fa-f]+$/,
};

const NEEDED: Readonly<Record<ChallengeFormat, (length: number) => string>> = {
  numeric: (length) => t`the challenge does not fit: 1 to ${length} digits are needed`,
  alphanumeric: (length) =>
    t`the challenge does not fit: 1 to ${length} printable ASCII characters are needed`,
  hexadecimal: (length) =>
    t`the challenge does not fit: 1 to ${length} hexadecimal digits are needed`,
};

function challengeBytes(
  { challenge: { format, length } }: OcraSuite,
  challenge: Challenge,
): Buffer {
  for (const part of challenge) {
    // privacyIDEA makes QHnn of nn bytes, which are two digits each
    const most = format === "hexadecimal" ? 2 * length : length;
    if (part.length > most || !CHARACTERS[format].test(part))
      throw new OtpError("challenge", NEEDED[format](length));
  }
  const bytes = encodeChallenge(format, challenge.join(""));
  if (bytes.length > CHALLENGE_BYTES)
    throw new OtpError("challenge", t("the two challenges together are too long"));
  return Buffer.concat([bytes, Buffer.alloc(CHALLENGE_BYTES - bytes.length)]);
}

/**
 * A numeric challenge is converted to hexadecimal and aligned left: an odd number of digits is
 * padded with a 0 at the end (RFC 6287 section 5.1).
 */
function encodeChallenge(format: ChallengeFormat, text: string): Buffer {
  if (format === "alphanumeric") return Buffer.from(text, "latin1");
  const hex = format === "numeric" ? BigInt(text).toString(16) : text;
  return Buffer.from(hex.length % 2 === 0 ? hex : `${hex}0`, "hex");
}

function hashPin({ pin }: OcraSuite, typed: Uint8Array): Buffer {
  return createHash(pin ?? "SHA1")
    .update(typed)
    .digest();
}

function padSession({ session }: OcraSuite, bytes: Uint8Array): Buffer {
  const length = session ?? 0;
  if (bytes.length > length)
    throw new OtpError("session", t`the session information is longer than ${length} bytes`);
  return Buffer.concat([Buffer.alloc(length - bytes.length), bytes]);
}

function timeBytes({ timeStep }: OcraSuite, seconds: number): Buffer {
  if (!(seconds >= 0)) throw new OtpError("time", t("the time is before 1970"));
  return counterBytes(BigInt(Math.floor(seconds / (timeStep ?? 1))));
}
