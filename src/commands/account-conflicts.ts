import { flag } from "../cli/command.ts";
import type { HouseContext } from "../cli/context.ts";
import { FobError } from "../fob-error.ts";
import { plural, t } from "../language.ts";
import type { Vault } from "../vault/vault.ts";
import { checkName, type NamedDraft, refuseTakenName } from "./enrollment-storing.ts";
import { type Conflict, refusal, sortDrafts } from "./known-tokens.ts";

type ConflictContext = Pick<HouseContext, "prompt">;

/** What becomes of drafts whose account is enrolled already with another secret. */
export interface Settled {
  /** To be stored, with the names that they get. */
  readonly drafts: readonly NamedDraft[];
  /** Those of them that take the place of every token of their account. */
  readonly replacing: ReadonlySet<NamedDraft>;
  /** Why the others are not stored. */
  readonly refused: readonly FobError[];
}

/** What options say about such drafts, and how messages name these options. */
export interface ConflictWishes {
  readonly replace: boolean;
  readonly keepBoth: boolean;
  readonly options: string;
}

/** The options of every command that takes tokens out of a file. */
export const conflictOptions = {
  replace: flag("replace tokens of the same account that have another secret; they stay restorable"),
  keepBoth: flag("keep both where an account is there with another secret"),
} as const;

/** Throws FobError `usage` for two options that exclude each other. */
export function refuseBoth({ replace, keepBoth }: Pick<ConflictWishes, "replace" | "keepBoth">): void {
  if (replace && keepBoth) throw new FobError("usage", t("--replace and --keep-both exclude each other"));
}

/** What of a file is to be stored: what the vault does not have, and what was settled about accounts with another secret. */
export async function settleFile(
  vault: Vault,
  named: readonly NamedDraft[],
  wishes: Pick<ConflictWishes, "replace" | "keepBoth">,
  context: ConflictContext,
): Promise<Settled> {
  const { fresh, conflicts } = sortDrafts(vault, named);
  const options = t("--replace takes the place of what is there, --keep-both keeps both");
  const { drafts, replacing, refused } = await settleConflicts(vault, conflicts, { ...wishes, options }, context);
  const stored = new Set([...fresh, ...drafts]);
  const wanted = named.filter((one) => stored.has(one));
  return { drafts: [...wanted, ...drafts.filter((one) => !wanted.includes(one))], replacing, refused };
}

type Decision = "replace" | "keep" | "leave";

/** No more are named in a question. */
const MAX_NAMED = 5;

/**
 * Settles what becomes of drafts whose account has another secret: as the options say, or as a person at the terminal answers to one question. Elsewhere
 * each is refused by name. Throws FobError `interrupted` for a person who wants nothing of all this.
 */
export async function settleConflicts(
  vault: Vault,
  conflicts: readonly Conflict[],
  wishes: ConflictWishes,
  context: ConflictContext,
): Promise<Settled> {
  const drafts = conflicts.map(({ named }) => named);
  const decision = conflicts.length === 0 ? "leave" : await decide(conflicts, wishes, context);
  if (decision === "replace") return { drafts, replacing: new Set(drafts), refused: [] };
  if (decision === "keep")
    return { drafts: await nameAnew(vault, drafts, wishes, context), replacing: new Set(), refused: [] };
  return { drafts: [], replacing: new Set(), refused: conflicts.map((conflict) => refusal(conflict, wishes.options)) };
}

async function decide(
  conflicts: readonly Conflict[],
  { replace, keepBoth, options }: ConflictWishes,
  { prompt }: ConflictContext,
): Promise<Decision> {
  if (replace) return "replace";
  if (keepBoth) return "keep";
  if (!prompt.available) return "leave";
  const choices = [
    { label: t("replace what is there; `fob restore` brings it back for 30 days"), value: "replace" },
    { label: t("keep both, the new one under another name"), value: "keep" },
    { label: t("leave everything as it is"), value: "leave" },
  ] as const;
  return prompt.pick<Decision>(question(conflicts), choices, options);
}

function question(conflicts: readonly Conflict[]): string {
  const names = conflicts.slice(0, MAX_NAMED).map(({ entry }) => entry.name);
  const more = conflicts.length - names.length;
  const all = more > 0 ? t`${names.join(", ")} and ${more} more` : names.join(", ");
  return conflicts.length === 1
    ? t`${all} is enrolled already with another secret. What now?`
    : t`${plural(conflicts.length, "account")} are enrolled already with another secret (${all}). What now?`;
}

/** A person names one token; several, and those of a script, get a number behind their name. */
async function nameAnew(
  vault: Vault,
  drafts: readonly NamedDraft[],
  { keepBoth }: ConflictWishes,
  { prompt }: ConflictContext,
): Promise<readonly NamedDraft[]> {
  const [only, ...others] = drafts;
  if (!only || others.length > 0 || keepBoth) return drafts;
  const name = checkName(await prompt.text(t("What shall the new token be called?"), "--name"));
  refuseTakenName(vault, name);
  return [{ ...only, name, isChosen: true }];
}
