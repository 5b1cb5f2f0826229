import { createHash } from "node:crypto";
import type { ActivationOrder } from "#lab/lab-token.ts";
import { parseOcraSuite } from "#otp/ocra-suite.ts";
import type { MacAlgorithm } from "./names.ts";

const LENGTHS = { SHA1: 20, SHA256: 32, SHA512: 64 } as const;

/** Both keys of a run. */
export interface RunKeys {
  readonly macKey: Buffer;
  readonly tokenKey: Buffer;
}

/**
 * The length of each half of K_PROV: that of the longer of its two keys (section 5.2.2; four passes
 * need the same).
 */
export function halfLength(order: ActivationOrder, mac: MacAlgorithm): number {
  return Math.max(tokenKeyLength(order), mac.keyLength);
}

/** Splits K_PROV = K_MAC || K_TOKEN; each half is cut to the length of its key. */
export function splitKeys(
  provisioningKey: Buffer,
  order: ActivationOrder,
  mac: MacAlgorithm,
): RunKeys {
  const half = provisioningKey.length / 2;
  return {
    macKey: provisioningKey.subarray(0, mac.keyLength),
    tokenKey: provisioningKey.subarray(half, half + tokenKeyLength(order)),
  };
}

/**
 * The MAC in the server's last message, over all earlier messages as they were sent (sections 4.2.4
 * and 5.2.2).
 */
export function confirmationMac(
  mac: MacAlgorithm,
  macKey: Buffer,
  messages: readonly Buffer[],
  serverId: string | null,
): Buffer {
  const hash = createHash("sha256").update(Buffer.concat(messages)).digest();
  const text = Buffer.concat([Buffer.from("MAC 1 computation"), hash, Buffer.from(serverId ?? "")]);
  return mac.prf(macKey, text, hash.length);
}

/** The output length of the hash function, as RFC 4226 and RFC 6238 recommend. */
function tokenKeyLength(order: ActivationOrder): number {
  return LENGTHS[order.kind === "ocra" ? parseOcraSuite(order.suite).algorithm : order.algorithm];
}
