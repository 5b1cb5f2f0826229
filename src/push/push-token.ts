import type { PushCredential } from "#token/credential.ts";
import type { Token } from "#token/token.ts";

/** A token whose login requests are approved or denied. */
export type PushToken = Token & { readonly credential: PushCredential };

/** Whether a token is one for login requests. */
export function isPushToken(token: Token): token is PushToken {
  return token.credential.kind === "push";
}

/** The name of a token's server, and its port if it is an unusual one. */
export function serverOf({ credential }: PushToken): string {
  return new URL(credential.url).host;
}
