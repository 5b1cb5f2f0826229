import type { AccessDomain } from "./access-domain.ts";
import type { Credential } from "./credential.ts";

/**
 * What guards a token besides the vault: nothing, a PIN its user chose, or a PIN that the server
 * asks for at login.
 */
export const PIN_TYPES = ["none", "user", "server"] as const;

/** One of {@link PIN_TYPES}. */
export type PinType = (typeof PIN_TYPES)[number];

/** Everything about a token but its secret. */
export interface Token {
  /** Random, fixed for the token's life; 16 hexadecimal digits. */
  readonly id: string;
  readonly name: string;
  readonly issuer: string | null;
  readonly account: string | null;
  readonly serial: string | null;
  /** Which form its enrollment string had. */
  readonly format: string;
  readonly credential: Credential;
  readonly pin: PinType;
  readonly accessDomain: AccessDomain;
  readonly favorite: boolean;
  readonly enrolledAt: Date;
}
