import type { PushProtocol } from "#token/push-credential.ts";
import { privacyIdea } from "./privacyidea/privacyidea.ts";
import type { ProtocolDefinition, PushProvider } from "./provider.ts";
import { tiqr } from "./tiqr/tiqr.ts";

type Protocols = { readonly [P in PushProtocol]: ProtocolDefinition<P> };

/**
 * All protocols of login requests. A new one needs a credential in src/token/push-credential.ts, a
 * folder beside this file, and a row here.
 */
const DEFINITIONS = { privacyidea: privacyIdea, tiqr } as const satisfies Protocols;

const PROTOCOLS: Protocols = DEFINITIONS;

/** The enrollments of all protocols. */
export const PUSH_ENROLLMENTS = Object.values(DEFINITIONS).map(({ enrollment }) => enrollment);

/** The provider of a token's protocol; null when the person scans each request. */
export function providerOf<P extends PushProtocol>({
  protocol,
}: {
  readonly protocol: P;
}): PushProvider<P> | null {
  return PROTOCOLS[protocol].provider;
}
