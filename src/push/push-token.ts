import type { PushCredentialOf, PushProtocol } from "#token/push-credential.ts";
import type { Token } from "#token/token.ts";

/** A token of one protocol of login requests. */
export type PushTokenOf<P extends PushProtocol> = Token & {
  readonly credential: PushCredentialOf<P>;
};

/** A token whose login requests are approved or denied. */
export type PushToken = PushTokenOf<PushProtocol>;

/** Whether a token is one for login requests. */
export function isPushToken(token: Token): token is PushToken {
  return token.credential.kind === "push";
}

/** The name of a token's server, and its port if it is an unusual one. */
export function serverOf({ credential }: PushToken): string {
  return new URL(credential.url).host;
}
