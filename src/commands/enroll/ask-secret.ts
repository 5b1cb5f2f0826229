import type { Context } from "#cli/context.ts";
import type { AskSecret } from "#token/draft/parsed-token.ts";

/** What asking a person for a secret needs. */
export type SecretContext = Pick<Context, "pinPrompt" | "hearSignals">;

/**
 * Asks the person, or takes from where PINs come from, what opens an encrypted enrollment; `source`
 * names it where it has no name.
 */
export function askSecretFor(source: string, { pinPrompt, hearSignals }: SecretContext): AskSecret {
  return (role, of) => hearSignals(() => pinPrompt.ask({ of: of ?? source, role, refusal: null }));
}
