import type { ActivationOrder } from "#lab/lab-token.ts";
import { DskppFailure, type FailureStatus } from "./failure.ts";
import {
  AES128_CBC,
  MAC_ALGORITHMS,
  type MacAlgorithm,
  PASSPHRASE_WRAP,
  PSKC_CONTAINER,
  RSA_1_5,
  RSA_OAEP,
} from "./names.ts";
import type { ClientHello } from "./request.ts";

/** The result of the negotiation, with names as the client wrote them. */
export interface Agreement {
  readonly variant: "four-pass" | "two-pass";
  readonly keyType: string;
  readonly encryptionAlgorithm: string;
  readonly mac: MacAlgorithm;
}

/** The names of key types, in the registry of RFC 6030 and in other spellings. */
const KEY_TYPES: Readonly<Record<ActivationOrder["kind"], RegExp>> = {
  totp: /[:#]totp$/i,
  hotp: /[:#]hotp$/i,
  ocra: /[:#]ocra(?:-1(?::.*)?)?$/i,
};

/**
 * Chooses the first of each of the client's preferences that the lab supports. Four passes are
 * preferred to two, because then both sides make the key, unless the order says otherwise. Throws
 * DskppFailure naming what they do not have in common.
 */
export function negotiate(
  hello: ClientHello,
  { kind, inTwoPasses = false }: ActivationOrder,
): Agreement {
  const takesPassphrase = hello.protectionMethods.includes(PASSPHRASE_WRAP);
  if (!hello.offersFourPass && !takesPassphrase) {
    throw new DskppFailure(
      "NoProtocolVariants",
      "neither four passes nor two with a passphrase are offered",
    );
  }
  if (hello.keyPackages.length > 0 && !hello.keyPackages.includes(PSKC_CONTAINER)) {
    throw new DskppFailure("NoSupportedKeyPackages", "no PSKC key container is taken");
  }
  const variant =
    hello.offersFourPass && !(inTwoPasses && takesPassphrase) ? "four-pass" : "two-pass";
  const encryption = variant === "four-pass" ? [RSA_OAEP, ...RSA_1_5] : [AES128_CBC];
  return {
    variant,
    keyType: pick(hello.keyTypes, "NoSupportedKeyTypes", (name) =>
      KEY_TYPES[kind].test(name) ? name : null,
    ),
    encryptionAlgorithm: pick(
      hello.encryptionAlgorithms,
      "NoSupportedEncryptionAlgorithms",
      (name) => (encryption.includes(name) ? name : null),
    ),
    mac: pick(hello.macAlgorithms, "NoSupportedMacAlgorithms", macByName),
  };
}

/** The MAC algorithm with this name, or null. */
export function macByName(name: string): MacAlgorithm | null {
  return MAC_ALGORITHMS.find((known) => known.name === name) ?? null;
}

function pick<T>(
  offered: readonly string[],
  status: FailureStatus,
  find: (name: string) => T | null,
): T {
  for (const name of offered) {
    const found = find(name);
    if (found !== null) return found;
  }
  throw new DskppFailure(status, `none of these is supported: ${offered.join(", ").slice(0, 200)}`);
}
