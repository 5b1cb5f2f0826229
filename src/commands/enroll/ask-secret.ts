import type { Context } from "#cli/context.ts";
import type { AskSecret } from "#token/draft/parsed-token.ts";

/** What asking a person for a secret needs. */
export type SecretContext = Pick<Context, "pinPrompt" | "hearSignals">;

/**
 * Gets the secret that opens an encrypted enrollment, from the user or the configured source of
 * PINs; `source` names the enrollment where it has no name.
 */
export function askSecretFor(source: string, { pinPrompt, hearSignals }: SecretContext): AskSecret {
  return (role, of) => hearSignals(() => pinPrompt.ask({ of: of ?? source, role, refusal: null }));
}
