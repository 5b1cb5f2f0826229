import { parseOcraSuite } from "#otp/ocra-suite.ts";
import type { PushCredential, PushCredentialOf, PushProtocol } from "#token/push-credential.ts";

/** The algorithm of answers, for `fob show`. */
export interface AnswerMethod {
  readonly algorithm: string;
  /** Null when answers are signatures; so is `alphabet`. */
  readonly digits: number | null;
  readonly alphabet: string | null;
  /** The OCRA suite, if there is one. */
  readonly suite?: string;
}

type Methods = { readonly [P in PushProtocol]: (credential: PushCredentialOf<P>) => AnswerMethod };

/** Apart from the protocols themselves: a list of tokens need not load those. */
const METHODS: Methods = {
  privacyidea: () => ({ algorithm: "RSA-SHA256", digits: null, alphabet: null }),
  tiqr({ suite }) {
    const { algorithm, digits } = parseOcraSuite(suite);
    return { algorithm, digits, alphabet: digits === 0 ? "hexadecimal" : "decimal", suite };
  },
};

/** The algorithm of a token's answers. */
export function answerMethodOf<C extends PushCredential>(credential: C): AnswerMethod {
  // each row takes the credentials of its own protocol, which TypeScript cannot infer
  return (METHODS[credential.protocol] as (one: PushCredential) => AnswerMethod)(credential);
}
