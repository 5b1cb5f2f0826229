import type { AccessDomain } from "./access-domain.ts";
import type { Confirmation } from "./confirmation.ts";
import type { Credential } from "./credential.ts";

/**
 * Which PIN a token needs: none, one that its user chose, or one that the server asks for at login.
 */
export const PIN_TYPES = ["none", "user", "server"] as const;

/** One of {@link PIN_TYPES}. */
export type PinType = (typeof PIN_TYPES)[number];

/** Where a server wants its PIN: before the passcode, or after it. */
export const PIN_ORDERS = ["before", "after"] as const;

/** One of {@link PIN_ORDERS}. */
export type PinOrder = (typeof PIN_ORDERS)[number];

/** What may hold a token's secret in place of the vault. */
export const HOLDERS = ["tpm"] as const;

/** One of {@link HOLDERS}. */
export type Holder = (typeof HOLDERS)[number];

/** Who is to hold a secret, and whether the counter of an event-based token is there as well. */
export interface Holding {
  readonly by: Holder;
  readonly counts: boolean;
}

/** Everything about a token but its secret. */
export interface Token {
  /** Random, fixed for the token's life; 16 hexadecimal digits. */
  readonly id: string;
  readonly name: string;
  readonly issuer: string | null;
  readonly account: string | null;
  readonly serial: string | null;
  /** The format of its enrollment string. */
  readonly format: string;
  readonly credential: Credential;
  readonly pin: PinType;
  /** Where the PIN goes that the server asks for; of no meaning for other PINs. */
  readonly pinOrder: PinOrder;
  readonly accessDomain: AccessDomain;
  /** When a person is asked before it is used. */
  readonly confirm: Confirmation;
  readonly favorite: boolean;
  /** The chip that holds its secret and computes with it; null where the vault has the secret. */
  readonly heldBy: Holder | null;
  readonly enrolledAt: Date;
  /** What its user sorts it under, in the order in which the tags were given. */
  readonly tags: readonly string[];
}

/** The id of a token, where the id itself may stand for it. */
export function idOf(which: string | Pick<Token, "id">): string {
  return typeof which === "string" ? which : which.id;
}
