import { createHmac } from "node:crypto";
import * as v from "valibot";
import type { Credential } from "#token/credential.ts";

/**
 * A token that counts or answers for one device, as that device tells the others: none of them may
 * have it, too.
 */
export interface CountedToken {
  /** Its id in the vault, which is the same in a copy of the vault. */
  readonly token: string;
  /** What {@link countedSecret} makes of its secret; null where a PIN or a chip keeps that. */
  readonly secret: string | null;
}

/** What devices say that they count with, by the ids of the devices. */
export type CountedByDevice = Readonly<Record<string, readonly CountedToken[]>>;

/** A token of which another device has the secret, too: both give the same passcodes. */
export interface SecondCounter {
  readonly name: string;
  /** The id of the other device. */
  readonly device: string;
}

export const CountedTokenSchema = v.strictObject({
  token: v.pipe(v.string(), v.regex(/^[0-9a-f]{16}$/)),
  secret: v.nullable(v.pipe(v.string(), v.regex(/^[0-9a-f]{32}$/))),
});

/**
 * The same text for the same secret and kind on all devices of a synchronisation (`genesis` is the
 * hash of its first entry), and no way back: 32 hexadecimal digits of an HMAC-SHA-256. Only members
 * get to see it, because who knows `genesis` could try secrets that are short.
 */
export function countedSecret(
  secret: Uint8Array,
  { kind }: Pick<Credential, "kind">,
  genesis: string,
): string {
  const text = createHmac("sha256", genesis).update(`${kind}\n`).update(secret).digest("hex");
  return text.slice(0, 32);
}
