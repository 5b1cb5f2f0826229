import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import type { Context } from "#cli/context.ts";
import type { EnrollmentDraft } from "#enrollment/draft.ts";
import { cleanText, MAX_NAME_LENGTH } from "#token/clean-name.ts";
import type { Credential } from "#token/credential.ts";
import type { NamedDraft } from "./named-draft.ts";

type NamingContext = Pick<Context, "prompt">;

/** Throws FobError `usage` when one name is wanted for several tokens. */
export function refuseSharedName(wanted: string | undefined, count: number): void {
  if (wanted === undefined || count <= 1) return;
  throw new FobError("usage", t`--name is for one token, and ${count} were given`);
}

/** Gives every draft its name: the one asked for, the draft's own, or the person's answer. */
export async function nameDrafts(
  drafts: readonly EnrollmentDraft<Credential>[],
  wanted: string | undefined,
  context: NamingContext,
): Promise<NamedDraft[]> {
  const named: NamedDraft[] = [];
  for (const draft of drafts) {
    const chosen = wanted ?? (draft.name === null ? await askForName(context) : null);
    named.push({ name: checkName(chosen ?? draft.name ?? ""), isChosen: chosen !== null, draft });
  }
  return named;
}

function askForName(context: NamingContext): Promise<string> {
  return context.prompt.text(t("What shall the token be called?"), "--name");
}

/**
 * A name that a person gave, without surrounding space. Throws FobError `usage` for an empty, long
 * or unprintable one.
 */
export function checkName(name: string): string {
  const { name: clean, wasHarmful, isTooLong } = cleanText(name);
  if (isTooLong)
    throw new FobError("usage", t`the name is longer than ${MAX_NAME_LENGTH} characters`);
  if (wasHarmful)
    throw new FobError("usage", t("the name holds control characters, or invisible ones"));
  if (clean === null) throw new FobError("usage", t("the name is empty"));
  return clean;
}
