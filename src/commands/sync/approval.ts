import { t } from "#base/language.ts";
import type { Context } from "#cli/context.ts";
import type { Approve } from "#sync/round/join-requests.ts";
import { sameSecret } from "#token/secret.ts";

/**
 * Approves requests whose words were given, and asks a person at a terminal about the others.
 * Elsewhere they stay undecided.
 */
export function approval(words: string | undefined, { prompt }: Pick<Context, "prompt">): Approve {
  return async ({ name }, shown) => {
    if (words !== undefined) return isSame(words, shown) ? true : null;
    if (!prompt.available) return null;
    return prompt.confirm(
      t`${name} asks to join. Does its screen show ${shown}?`,
      `--approve ${shown}`,
    );
  };
}

function isSame(given: string, shown: string): boolean {
  const tidy = given
    .trim()
    .toLowerCase()
    .split(/[\s-]+/)
    .join("-");
  return sameSecret(Buffer.from(tidy), Buffer.from(shown));
}
