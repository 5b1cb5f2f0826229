import { createHash, randomBytes } from "node:crypto";
import { type Secret, sameSecret } from "#token/secret.ts";

const CODE_BYTES = 16;
const CHECK_BYTES = 2;

/** A new recovery code: 128 random bits. */
export function newRecoveryCode(): Secret {
  return randomBytes(CODE_BYTES);
}

/** Formats the code for people: nine groups of four hexadecimal digits, the last one a check. */
export function formatRecoveryCode(code: Secret): string {
  return (
    Buffer.concat([code, check(code)])
      .toString("hex")
      .match(/.{4}/g) ?? []
  ).join("-");
}

/** Parses a code in any letter case and with any separators; null for an invalid one. */
export function parseRecoveryCode(text: string): Secret | null {
  if (!isLikeRecoveryCode(text)) return null;
  const bytes = Buffer.from(digitsOf(text), "hex");
  const code = bytes.subarray(0, CODE_BYTES);
  return sameSecret(bytes.subarray(CODE_BYTES), check(code)) ? code : null;
}

/** Whether a text has the form of a code, even with a wrong check. */
export function isLikeRecoveryCode(text: string): boolean {
  return /^[0-9a-f]{36}$/i.test(digitsOf(text));
}

function digitsOf(text: string): string {
  return text.replace(/[\s-]/g, "");
}

function check(code: Secret): Buffer {
  return createHash("sha256")
    .update("fob recovery code")
    .update(code)
    .digest()
    .subarray(0, CHECK_BYTES);
}
