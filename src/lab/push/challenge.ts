import { randomBytes, randomInt } from "node:crypto";
import type { Lab } from "#lab/lab.ts";
import { CHALLENGE_MS, type PushChallenge, type PushToken } from "#lab/lab-token.ts";
import { encodeBase32 } from "#token/base32.ts";
import { serverKey, signText } from "./signature.ts";
import type { PushWording } from "./wording.ts";

/** The capabilities that the lab advertises beyond the oldest protocol. */
const CAPABILITIES = { decline_reason: true } as const;

const NUMBERS_OFFERED = 3;
const DISPLAY_CODE_DIGITS = 6;

/** The lab uses plain HTTP on loopback: there is no certificate to verify. */
export const SSL_VERIFY = "0";

/** Creates and signs a push request; the caller adds it to the token. */
export function newPushChallenge(
  lab: Lab,
  token: PushToken,
  transaction: string,
  wording: PushWording,
): PushChallenge {
  const issuedAt = lab.clock().getTime();
  const { title, question, mode } = wording;
  const nonce = encodeBase32(randomBytes(20));
  const options = mode === "number-matching" ? twoDigitNumbers(NUMBERS_OFFERED) : null;
  const signed = [
    nonce,
    token.url,
    token.serial,
    question,
    title,
    SSL_VERIFY,
    ...(options ? [options.join(",")] : []),
  ];
  const key = serverKey(lab.store);
  return {
    transaction,
    issuedAt,
    expiresAt: issuedAt + CHALLENGE_MS,
    answer: "open",
    nonce,
    question,
    title,
    signature: signText(key, signed.join("|")),
    presence: options && { options, right: options[randomInt(options.length)] ?? "" },
    displayCode: mode === "code-to-phone" ? digits(DISPLAY_CODE_DIGITS) : null,
    capabilities: token.isOld ? null : advertise(nonce, (text) => signText(key, text)),
    reason: null,
  };
}

/**
 * Signs the capabilities. They have one member, so JSON.stringify gives the canonical JSON of RFC
 * 8785.
 */
function advertise(nonce: string, signed: (text: string) => string): PushChallenge["capabilities"] {
  const text = JSON.stringify(CAPABILITIES);
  return { text, signature: signed(JSON.stringify({ capabilities: CAPABILITIES, nonce })) };
}

function twoDigitNumbers(count: number): string[] {
  const numbers = new Set<string>();
  while (numbers.size < count) numbers.add(digits(2));
  return [...numbers];
}

function digits(length: number): string {
  return randomInt(10 ** length)
    .toString()
    .padStart(length, "0");
}
