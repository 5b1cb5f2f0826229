import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import type { HouseContext } from "#cli/context.ts";
import { keyAtServer } from "#token/key-at-server.ts";
import type { IndexEntry } from "#vault/tokens/token-index.ts";
import type { Vault } from "#vault/vault.ts";
import type { AddingWishes } from "./adding-wishes.ts";
import type { NamedDraft } from "./named-draft.ts";

/**
 * Settles that tokens which are there may be replaced by those that their server makes anew, before
 * it is asked: the former ones are of no use to it afterwards. Throws FobError `usage` where nobody
 * can be asked, `interrupted` for a person who wants to keep them.
 */
export async function settleRenewals(
  vault: Vault,
  { online = [], replace }: AddingWishes,
  { prompt }: Pick<HouseContext, "prompt">,
): Promise<void> {
  if (replace || online.length === 0) return;
  const keys = new Set(online);
  for (const entry of vault.entries()) {
    const key = keyAtServer(entry);
    if (key === null || !keys.has(key)) continue;
    const { name, serial } = entry;
    if (!prompt.available)
      throw new FobError(
        "usage",
        t`${name} is enrolled already at this server, with the serial ${serial}`,
        { hint: t("--replace takes the place of what is there") },
      );
    const question = t`${name} is enrolled already at this server, with the serial ${serial}. Replace it?`;
    if (!(await prompt.confirm(question, "--replace")))
      throw new FobError("interrupted", t("nothing was enrolled"));
  }
}

/** The tokens whose place a draft has taken at its server. */
export function tokensRenewed(
  { draft }: NamedDraft,
  entries: readonly IndexEntry[],
): readonly IndexEntry[] {
  const key = keyAtServer(draft);
  return key === null ? [] : entries.filter((entry) => keyAtServer(entry) === key);
}
