import { flag, required } from "../cli/command.ts";
import type { Context, HouseContext } from "../cli/context.ts";
import type { EnrollmentDraft } from "../enrollment/draft.ts";
import { FobError } from "../fob-error.ts";
import { t } from "../language.ts";
import type { Credential } from "../token/credential.ts";
import { forget } from "../token/secret.ts";
import { finishInterrupted } from "../vault/interrupted.ts";
import { removedIds } from "../vault/removal.ts";
import type { Vault } from "../vault/vault.ts";
import { type Settled, settleConflicts, settleFile, settleRepeated } from "./account-conflicts.ts";
import { type RaisedCounter, raiseCounters } from "./backup-counters.ts";
import { draftParts, readDraftParts } from "./draft-parts.ts";
import { askPins, forgetPins, pinsFor } from "./enrollment-pins.ts";
import { type NamedDraft, refuseKnown, storeDrafts } from "./enrollment-storing.ts";
import { enrollOptions, sortDrafts } from "./known-tokens.ts";
import { type TokenView, viewToken } from "./token-view.ts";

/** Which command adds the drafts, and what its options say. */
export interface AddingWishes {
  readonly by: AddingCommand;
  /** Whether a person gave the name, and so knows that it is another token. */
  readonly isNamed: boolean;
  /** Whether every token gets a PIN. */
  readonly pin: boolean;
  readonly replace: boolean;
  readonly keepBoth: boolean;
}

type AddingCommand = "enroll" | "import" | "restore";

/** What came of drafts; nothing of it is secret. */
export interface Added {
  readonly stored: readonly AddedToken[];
  /** Why others were left out: their account is there with another secret. */
  readonly failures: readonly FobError[];
  /** The tokens that go on at the counter of a backup. */
  readonly raised: readonly RaisedCounter[];
}

/** A token that was stored. */
export interface AddedToken {
  /** The place of its draft. */
  readonly index: number;
  readonly view: TokenView;
  /** The counter at which its passcodes go on, where the vault knew a higher one than the draft; else null. */
  readonly goesOnAt: bigint | null;
}

/** What is done when all questions are answered and nothing is stored yet. Returns what is true where the drafts are not stored. */
type BeforeStoring = (vault: Vault) => Promise<string>;

/** How long an agent may store tokens before it is given up, in milliseconds. */
const PATIENCE_MS = 10 * 60 * 1000;

/** Adds drafts to the vault: by the agent that holds it, so that nobody is asked for the app PIN, else here. Their secrets are forgotten. */
export async function addDrafts(named: readonly NamedDraft[], wishes: AddingWishes, context: Context): Promise<Added> {
  try {
    const parts = draftParts(named);
    const added = parts && (await addByAgent(parts, wishes, context));
    return added ?? (await addHere(named, wishes, context));
  } finally {
    forgetSecrets(named);
  }
}

async function addByAgent(parts: readonly string[], wishes: AddingWishes, context: Context): Promise<Added | null> {
  const left = parts.values();
  const delegated = await context.delegate(
    "add",
    { ...wishes },
    { readInput: async () => left.next().value ?? "", patience: PATIENCE_MS },
  );
  return delegated && (delegated.result as Added);
}

/** How an agent adds the drafts that it gets. */
export const addition = {
  arguments: { by: required("COMMAND", "the command that adds them") },
  options: {
    isNamed: flag("a person gave the name"),
    pin: flag("every token gets a PIN"),
    replace: flag("replace what is there"),
    keepBoth: flag("keep both"),
  },
  async run(
    { by, ...wishes }: Omit<AddingWishes, "by"> & { readonly by: string },
    context: HouseContext,
  ): Promise<Added> {
    if (!isAddingCommand(by)) throw new FobError("usage", t`the request has a wrong ${JSON.stringify("by")}`);
    return addHere(await readDraftParts(() => context.readInput()), { ...wishes, by }, context);
  },
};

function isAddingCommand(text: string): text is AddingCommand {
  return ["enroll", "import", "restore"].includes(text);
}

/**
 * Adds drafts to the vault that this process opens, all of them or none: settles what becomes of accounts
 * that are there, asks for the PINs that issuers demand, and stores. Their secrets are forgotten. Throws FobError
 * `usage` where `enroll` is given what is there already.
 */
export async function addHere(
  given: readonly NamedDraft[],
  wishes: AddingWishes,
  context: HouseContext,
  beforeStoring: BeforeStoring = async () => nothingDone(wishes),
): Promise<Added> {
  try {
    const vault = await context.ensureVault();
    const places = new Map<EnrollmentDraft<Credential>, number>(given.map(({ draft }, index) => [draft, index]));
    const { drafts, replacing, refused } = await settle(vault, given, wishes, context);
    if (refused.length > 0 && wishes.by === "enroll") return { stored: [], failures: refused, raised: [] };
    const pins = await askPins(drafts, wishes.pin, context);
    try {
      const undone = await beforeStoring(vault);
      return await context.doLongWork(undone, async (look) => {
        const stored = await storeDrafts(vault, drafts, {
          onKnown: wishes.by !== "enroll" ? "skip" : wishes.replace ? "replace" : "refuse",
          ...{ replacing, now: context.clock(), processes: context.processes, look },
          pinOf: pinsFor(pins, context),
        });
        return {
          stored: stored.map(({ token, named, goesOnAt }) => ({
            ...{ index: places.get(named.draft) ?? 0, view: viewToken(token, null), goesOnAt },
          })),
          failures: refused,
          raised: wishes.by === "restore" ? raiseCounters(vault, given) : [],
        };
      });
    } finally {
      forgetPins(pins);
    }
  } finally {
    forgetSecrets(given);
  }
}

function forgetSecrets(named: readonly NamedDraft[]): void {
  for (const { draft } of named) forget(draft.secret);
}

function nothingDone({ by }: AddingWishes): string {
  switch (by) {
    case "enroll":
      return t("interrupted: nothing was enrolled");
    case "import":
      return t("interrupted: nothing was imported");
    case "restore":
      return t("interrupted: nothing was restored");
  }
}

/** What is to be stored, and what of it replaces others. */
async function settle(
  vault: Vault,
  named: readonly NamedDraft[],
  wishes: AddingWishes,
  context: HouseContext,
): Promise<Settled> {
  if (wishes.by === "enroll") return settleEnrollment(vault, named, wishes, context);
  finishInterrupted(vault, context.processes);
  // a backup has what was beside each other in a vault
  return wishes.by === "restore"
    ? settleFile(vault, missing(vault, named), wishes, "kept", context)
    : settleFile(vault, named, wishes, "refused", context);
}

/** The tokens of a backup that are not there. One that was removed keeps its id for when it is restored, and its backup becomes another one. */
function missing(vault: Vault, named: readonly NamedDraft[]): NamedDraft[] {
  const known = new Set(vault.entries().map(({ id }) => id));
  const removed = new Set(removedIds(vault));
  return named
    .filter(({ past }) => past?.id === undefined || !known.has(past.id))
    .map((one) => (one.past?.id !== undefined && removed.has(one.past.id) ? withoutId(one, one.past) : one));
}

function withoutId(one: NamedDraft, { id: _, ...past }: NonNullable<NamedDraft["past"]>): NamedDraft {
  return { ...one, past };
}

/** Throws FobError `usage` where one is enrolled already, unless somebody wants it all the same. */
async function settleEnrollment(
  vault: Vault,
  named: readonly NamedDraft[],
  { isNamed, replace }: AddingWishes,
  context: HouseContext,
): Promise<Settled> {
  finishInterrupted(vault, context.processes);
  if (!replace) refuseKnown(vault, named);
  // whoever names it knows that it is another one
  if (isNamed) return { drafts: named, replacing: new Set(), refused: [] };
  const { fresh, conflicts, repeated } = sortDrafts(vault, named, "refused");
  const others = await settleRepeated(vault, repeated, { keepBoth: false, options: oneByOne() }, context);
  if (replace) {
    const refused = new Set(repeated.map((one) => one.named));
    const drafts = [...named.filter((one) => !refused.has(one)), ...others.drafts];
    return { drafts, replacing: new Set(), refused: others.refused };
  }
  const wishes = { replace: false, keepBoth: false, options: enrollOptions() };
  const { drafts, replacing, refused } = await settleConflicts(vault, conflicts, wishes, context);
  return {
    drafts: [...fresh, ...drafts, ...others.drafts],
    replacing,
    refused: [...refused, ...others.refused],
  };
}

function oneByOne(): string {
  return t("enroll them one by one, the second with --name NAME to keep both");
}
