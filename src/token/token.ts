import type { AccessDomain } from "./access-domain.ts";
import type { Credential } from "./credential.ts";

/** What guards a token besides the vault: nothing, a PIN its user chose, or a PIN that the server asks for at login. */
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
type CredentialJson = Omit<Credential, "counter"> & { readonly counter?: string | null };

/** A token as JSON data: its time as ISO 8601 text, its counter as decimal digits. */
export type TokenJson = Omit<Token, "credential" | "enrolledAt"> & {
  readonly credential: CredentialJson;
  readonly enrolledAt: string;
};

/** The token as JSON data. */
export function encodeToken(token: Token): TokenJson {
  const { counter, ...parameters } = { counter: undefined, ...token.credential };
  const encoded = counter === undefined ? {} : { counter: counter === null ? null : String(counter) };
  return { ...token, credential: { ...parameters, ...encoded }, enrolledAt: token.enrolledAt.toISOString() };
}

/** Reverses {@link encodeToken}; whoever kept the data has vouched for it. */
export function decodeToken(json: TokenJson): Token {
  const { counter } = json.credential;
  const credential =
    counter === undefined
      ? json.credential
      : { ...json.credential, counter: counter === null ? null : BigInt(counter) };
  const { id, name, issuer, account, serial, format, pin, accessDomain, favorite } = json;
  const enrolledAt = new Date(json.enrolledAt);
  // named one by one, because a spread takes several times as long, ten thousand times
  return {
    id,
    name,
    issuer,
    account,
    serial,
    format,
    credential: credential as Credential,
    pin,
    accessDomain,
    favorite,
    enrolledAt,
  };
}
