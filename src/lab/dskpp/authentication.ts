import type { PromisedToken } from "#lab/lab-token.ts";
import { sameSecret } from "#token/secret.ts";
import { DskppFailure } from "./failure.ts";
import type { MacAlgorithm } from "./names.ts";
import { macByName } from "./negotiation.ts";
import { passphraseKey } from "./passphrase-key.ts";
import type { AuthenticationData } from "./request.ts";

const MAC_BYTES = 16;

/** The inputs of the authentication besides user and address. */
export interface AuthenticatedRun {
  readonly clientNonce: Buffer;
  /** Null in two passes. */
  readonly serverNonce: Buffer | null;
  /** The possible encodings of K; the first that matches is used. */
  readonly keys: readonly Buffer[];
  /** The minimum iteration count of the variant, and the default when the client sends none. */
  readonly minIterations: number;
  readonly mac: MacAlgorithm;
}

/**
 * Checks that the client knows user name and passphrase (section 3.4.1.2), and returns the encoding
 * of K that it uses. Rejects with DskppFailure `AuthenticationDataMissing` or
 * `AuthenticationDataInvalid`.
 */
export async function authenticate(
  token: PromisedToken,
  data: AuthenticationData | null,
  run: AuthenticatedRun,
): Promise<Buffer> {
  if (!data) throw new DskppFailure("AuthenticationDataMissing", "there is no authentication data");
  const { clientId, iterations, mac, macAlgorithm } = data;
  const count = iterations ?? run.minIterations;
  if (count < run.minIterations) throw invalid(`the iteration count ${count} is too low`);
  if (clientId?.toLowerCase() !== token.user) throw invalid("the client id is not the user's");
  const algorithm = macAlgorithm === null ? run.mac : macByName(macAlgorithm);
  if (!algorithm) throw invalid("the MAC is made in an unknown way");
  const text = Buffer.concat([
    Buffer.from(clientId + token.url),
    run.clientNonce,
    run.serverNonce ?? Buffer.alloc(0),
  ]);
  for (const octets of run.keys) {
    const key = await passphraseKey(
      token.passphrase,
      Buffer.concat([run.clientNonce, octets]),
      count,
    );
    if (sameSecret(algorithm.prf(key, text, MAC_BYTES), mac)) return octets;
  }
  throw invalid("the MAC is wrong");
}

function invalid(message: string): DskppFailure {
  return new DskppFailure("AuthenticationDataInvalid", message);
}
