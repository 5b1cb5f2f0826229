import type { PushCredential, PushProtocol } from "#token/push-credential.ts";
import { privacyIdea } from "./privacyidea/privacyidea.ts";
import type { AnswerMethod, ProtocolDefinition, PushProvider } from "./provider.ts";
import { tiqr } from "./tiqr/tiqr.ts";

type Protocols = { readonly [P in PushProtocol]: ProtocolDefinition<P> };

/**
 * Every protocol of login requests. A new one is its credential in src/token/push-credential.ts, a
 * folder beside this file, and a row here.
 */
const DEFINITIONS = { privacyidea: privacyIdea, tiqr } as const satisfies Protocols;

const PROTOCOLS: Protocols = DEFINITIONS;

/** How tokens of each protocol are enrolled. */
export const PUSH_ENROLLMENTS = Object.values(DEFINITIONS).map(({ enrollment }) => enrollment);

/** How the server of a token is polled; null where the person scans each request. */
export function providerOf<P extends PushProtocol>({
  protocol,
}: {
  readonly protocol: P;
}): PushProvider<P> | null {
  return PROTOCOLS[protocol].provider;
}

/** What a token computes its answers to login requests with. */
export function answerMethodOf<C extends PushCredential>(credential: C): AnswerMethod {
  // the row of a protocol takes the credentials of that protocol, which TypeScript cannot follow
  const { answerMethod } = PROTOCOLS[credential.protocol] as ProtocolDefinition<PushProtocol>;
  return answerMethod(credential);
}
