import type { AccessDomain } from "./access-domain.ts";
import type { Credential } from "./credential.ts";

/**
 * What guards a token besides the vault: nothing, a PIN its user chose, or a PIN that the server
 * asks for at login.
 */
export type PinType = "none" | "user" | "server";

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

/** A credential as JSON data: counters as decimal digits, because they go beyond 2^53. */
export type CredentialJson = Omit<Credential, "counter"> & { readonly counter?: string | null };

/** A token as JSON data: its time as ISO 8601 text, its counter as decimal digits. */
export type TokenJson = Omit<Token, "credential" | "enrolledAt"> & {
  readonly credential: CredentialJson;
  readonly enrolledAt: string;
};

/** The token as JSON data. */
export function encodeToken(token: Token): TokenJson {
  return {
    ...token,
    credential: encodeCredential(token.credential),
    enrolledAt: token.enrolledAt.toISOString(),
  };
}

/** Reverses {@link encodeToken}; whoever kept the data has vouched for it. */
export function decodeToken(json: TokenJson): Token {
  return {
    ...json,
    credential: decodeCredential(json.credential),
    enrolledAt: new Date(json.enrolledAt),
  };
}

/** The credential as JSON data. */
export function encodeCredential(credential: Credential): CredentialJson {
  const { counter, ...parameters } = { counter: undefined, ...credential };
  const encoded =
    counter === undefined ? {} : { counter: counter === null ? null : String(counter) };
  return { ...parameters, ...encoded };
}

/** Reverses {@link encodeCredential}; whoever kept the data has vouched for it. */
export function decodeCredential(json: CredentialJson): Credential {
  const { counter } = json;
  const decoded =
    counter === undefined ? json : { ...json, counter: counter === null ? null : BigInt(counter) };
  return decoded as Credential;
}
