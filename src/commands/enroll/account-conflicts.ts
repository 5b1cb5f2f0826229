import { FobError } from "#base/fob-error.ts";
import { plural, t } from "#base/language.ts";
import { flag } from "#cli/command.ts";
import type { HouseContext } from "#cli/context.ts";
import { nameSome } from "#commands/naming.ts";
import type { Vault } from "#vault/vault.ts";
import { checkName } from "./draft-names.ts";
import {
  type Conflict,
  type Repeated,
  refusal,
  refusalOfRepeated,
  refuseTakenName,
} from "./known-tokens.ts";
import type { NamedDraft } from "./named-draft.ts";

type ConflictContext = Pick<HouseContext, "prompt">;

/** The decisions about drafts whose account is enrolled already with another secret. */
export interface Settled {
  /** To be stored, with the names that they get. */
  readonly drafts: readonly NamedDraft[];
  /** Those of them that take the place of every token of their account. */
  readonly replacing: ReadonlySet<NamedDraft>;
  /** Why the others are not stored. */
  readonly refused: readonly FobError[];
}

/** The options about such drafts, and their names for messages. */
export interface ConflictWishes {
  readonly replace: boolean;
  readonly keepBoth: boolean;
  readonly options: string;
}

/** The options of every command that takes tokens out of a file. */
export const conflictOptions = {
  replace: flag(
    "replace tokens of the same account that have another secret; they stay restorable",
  ),
  keepBoth: flag("keep both where an account is there with another secret"),
} as const;

/** Throws FobError `usage` for two options that exclude each other. */
export function refuseBoth({
  replace,
  keepBoth,
}: Pick<ConflictWishes, "replace" | "keepBoth">): void {
  if (replace && keepBoth)
    throw new FobError("usage", t("--replace and --keep-both exclude each other"));
}

/**
 * Decides about drafts whose account occurred before in the same command. It is unknown which of
 * two secrets is current, so none replaces another: they are stored under other names, or refused.
 */
export async function settleRepeated(
  vault: Vault,
  repeated: readonly Repeated[],
  wishes: Pick<ConflictWishes, "keepBoth" | "options">,
  context: ConflictContext,
): Promise<Pick<Settled, "drafts" | "refused">> {
  const [only, ...others] = repeated;
  if (!only) return { drafts: [], refused: [] };
  const drafts = repeated.map(({ named }) => named);
  const refused = repeated.map((one) => refusalOfRepeated(one, wishes.options));
  if (wishes.keepBoth) return { drafts, refused: [] };
  if (!context.prompt.available) return { drafts: [], refused };
  const names = nameSome(
    drafts.map(({ name }) => name),
    MAX_NAMED,
  );
  const question =
    others.length === 0
      ? t`${only.named.name} is given twice, with different secrets. What now?`
      : t`${plural(repeated.length, "account")} are given twice, with different secrets (${names}). What now?`;
  const choices = [
    { label: t("keep both, the later one under another name"), value: "keep" },
    { label: t("leave the later one out"), value: "leave" },
  ] as const;
  const decision = await context.prompt.pick<"keep" | "leave">(question, choices, wishes.options);
  if (decision === "leave") return { drafts: [], refused };
  return {
    drafts: await nameAnew(vault, drafts, { ...wishes, replace: false }, context),
    refused: [],
  };
}

type Decision = "replace" | "keep" | "leave";

/** No more are named in a question. */
const MAX_NAMED = 5;

/**
 * Decides about drafts whose account has another secret: by the options, or by one question at the
 * terminal. Without either, each is refused by name. Throws FobError `interrupted` if the user
 * cancels.
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
    return {
      drafts: await nameAnew(vault, drafts, wishes, context),
      replacing: new Set(),
      refused: [],
    };
  return {
    drafts: [],
    replacing: new Set(),
    refused: conflicts.map((conflict) => refusal(conflict, wishes.options)),
  };
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
    {
      label: t("replace what is there; `fob restore` brings it back for 30 days"),
      value: "replace",
    },
    { label: t("keep both, the new one under another name"), value: "keep" },
    { label: t("leave everything as it is"), value: "leave" },
  ] as const;
  return prompt.pick<Decision>(question(conflicts), choices, options);
}

function question(conflicts: readonly Conflict[]): string {
  const all = nameSome(
    conflicts.map(({ entry }) => entry.name),
    MAX_NAMED,
  );
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
