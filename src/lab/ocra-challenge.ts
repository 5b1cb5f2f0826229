import { randomInt } from "node:crypto";
import { type ChallengeFormat, parseOcraSuite } from "#otp/ocra-suite.ts";
import { CHALLENGE_MS, type OcraChallenge, type OcraToken, type TiqrToken } from "./lab-token.ts";

const LETTERS: Readonly<Record<ChallengeFormat, string>> = {
  numeric: "0123456789",
  // without letters and digits that look alike, because people type them
  alphanumeric: "23456789ABCDEFGHJKLMNPQRSTUVWXYZ",
  hexadecimal: "0123456789ABCDEF",
};

/**
 * Creates a random challenge for an OCRA or TiQR token, as long as its suite allows; the caller
 * adds it to the token.
 */
export function newOcraChallenge(
  { suite }: OcraToken | TiqrToken,
  transaction: string,
  now: Date,
): OcraChallenge {
  const { format, length } = parseOcraSuite(suite).challenge;
  const letters = LETTERS[format];
  const question = Array.from({ length }, () => letters[randomInt(letters.length)]).join("");
  const issuedAt = now.getTime();
  return { transaction, issuedAt, expiresAt: issuedAt + CHALLENGE_MS, answer: "open", question };
}
