import type { PushCredentialOf, PushProtocol } from "#token/push-credential.ts";
import type { Token } from "#token/token.ts";

/** A token of one protocol of login requests. */
export type PushTokenOf<P extends PushProtocol> = Token & {
  readonly credential: PushCredentialOf<P>;
};

/** A token that answers login requests. */
export type PushToken = PushTokenOf<PushProtocol>;

/** Whether a token answers login requests. */
export function isPushToken(token: Token): token is PushToken {
  return token.credential.kind === "push";
}

/** The host name of a token's server, with its port unless it is the default. */
export function serverOf({ credential }: PushToken): string {
  return new URL(credential.url).host;
}
