import { createHash, randomBytes } from "node:crypto";
import { t } from "#base/language.ts";
import type { Effort } from "#enrollment/effort.ts";
import { deriveWithin } from "#enrollment/passphrase.ts";
import { HASH_BYTES, type HashAlgorithm } from "#otp/algorithm.ts";
import { encodeBase32 } from "#token/base32.ts";
import { type Parameters, wholeNumber } from "#token/draft/uri-parameters.ts";
import { forget } from "#token/secret.ts";

/** The default of privacyIDEA's server. */
const DEFAULT_CLIENT_BYTES = 8;
const DEFAULT_ROUNDS = 10_000;

/** More than a user would type. */
const MAX_CLIENT_BYTES = 256;

/** More rounds than this would keep a person waiting. */
const MAX_ROUNDS = 1_000_000;

const CHECKSUM_BYTES = 4;

/** A secret of which the server made one part and we the other. */
export interface TwoStepSecret {
  readonly secret: Buffer;
  /**
   * Our part with its checksum, as the user types it at the server: Base32, with no spaces, which
   * the server would read as part of the code.
   */
  readonly clientPart: string;
}

/**
 * The secret of a two-step enrollment of privacyIDEA, or null when the string asks for none. The
 * client's part is random and the salt of PBKDF2 with HMAC-SHA-1 over the server's part in
 * hexadecimal; its checksum is the first four bytes of its SHA-1.
 */
export async function readTwoStep(
  parameters: Parameters,
  serverPart: Buffer,
  algorithm: HashAlgorithm,
  effort: Effort,
): Promise<TwoStepSecret | null> {
  if (parameters.read("2step_salt", "2step_output", "2step_difficulty") === null) return null;
  const clientBytes = parameters.take(
    ["2step_salt"],
    wholeNumber(1, MAX_CLIENT_BYTES),
    DEFAULT_CLIENT_BYTES,
  );
  const secretBytes = parameters.take(["2step_output"], wholeNumber(16, 64), HASH_BYTES[algorithm]);
  const rounds = parameters.take(["2step_difficulty"], wholeNumber(1, MAX_ROUNDS), DEFAULT_ROUNDS);
  const clientPart = randomBytes(clientBytes);
  parameters.find(
    "info",
    "two-step",
    t("a part of the secret is made here: the server needs it before the token counts"),
  );
  const digits = Buffer.from(serverPart.toString("hex"));
  try {
    const secret = await deriveWithin(effort, digits, {
      kdf: "pbkdf2",
      hash: "sha1",
      salt: clientPart,
      iterations: rounds,
      keyBytes: secretBytes,
    });
    return { secret, clientPart: withChecksum(clientPart) };
  } finally {
    forget(digits);
  }
}

function withChecksum(part: Buffer): string {
  const checksum = createHash("sha1").update(part).digest().subarray(0, CHECKSUM_BYTES);
  return encodeBase32(Buffer.concat([checksum, part]));
}
