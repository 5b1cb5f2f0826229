import { FobError } from "#base/fob-error.ts";
import { plural, t } from "#base/language.ts";
import type { Look } from "#base/long-work.ts";
import { attemptEach } from "#cli/attempts.ts";
import { defineCommand, flag, variadic } from "#cli/command.ts";
import type { Context } from "#cli/context.ts";
import { type NameContext, nameOrPick } from "#commands/code/pick-token.ts";
import { existingVault, findEach } from "#commands/lookup.ts";
import { nameSome } from "#commands/naming.ts";
import { printable } from "#token/printable.ts";
import type { Token } from "#token/token.ts";
import { isRemoved, takeOut } from "#vault/trash/removal.ts";
import type { Vault } from "#vault/vault.ts";

type RemoveContext = Pick<Context, "clock" | "doLongWork" | "findVault" | "progress" | "prompt">;

/** `fob remove`: removes tokens; they can be restored for 30 days. */
export const remove = defineCommand({
  name: "remove",
  summary: "remove tokens; `fob restore` brings them back for 30 days",
  arguments: { names: variadic("NAME", "names or ids of tokens", "token") },
  options: { yes: flag("do not ask") },
  examples: [{ command: "fob remove old-vpn", explanation: "asks, then removes it" }],
  ask: async (input, context: NameContext) => {
    if (input.names.length > 0) return input;
    return { ...input, names: [await nameOrPick(undefined, context)] };
  },
  isDelegable: () => true,
  async run({ names, yes }, context: RemoveContext) {
    if (names.length === 0) throw new FobError("usage", t("which token? give a NAME"));
    const vault = await existingVault(context);
    const tokens = await findEach(vault, names);
    const question = t`Remove ${tokens.map(({ name }) => name).join(", ")}?`;
    if (!yes && !(await context.prompt.confirm(question, "--yes")))
      throw new FobError("interrupted", t("nothing was removed"));
    return context.doLongWork(t("interrupted: nothing was removed"), (look) =>
      removeEach(vault, tokens, look, context),
    );
  },
  text: ({ removed }) => removed.map(({ name }) => printable(t`removed ${name}`)).join("\n"),
  json: ({ removed }) => removed.map(({ id, name }) => ({ id, name })),
  notes: ({ removed }) => [
    ...(removed.some(({ isRestorable }) => isRestorable)
      ? [t("`fob restore` brings it back within 30 days")]
      : []),
    ...removed.filter(({ isHeld }) => isHeld).map(describeHeld),
    ...removed.filter(({ isRestorable }) => !isRestorable).map(describeLost),
  ],
  failures: ({ failures }) => failures,
});

/**
 * The list is written once for so many tokens. A power cut leaves no more of them in it that are
 * not there.
 */
const MAX_LISTED = 1_000;

/** An error lists no more names than this. */
const MAX_NAMED = 3;

/** A token to be removed. */
type Removable = Pick<Token, "heldBy" | "id" | "name">;

/** A token that was removed. */
interface Removed extends Pick<Token, "id" | "name"> {
  /** Whether a chip holds its secret. */
  readonly isHeld: boolean;
  /** The folder with the files of a token that could not be read, or null. */
  readonly aside: string | null;
  readonly isRestorable: boolean;
}

/**
 * Removes tokens one after the other. Rejects with FobError `interrupted`, naming those that are
 * left.
 */
async function removeEach(
  vault: Vault,
  tokens: readonly Removable[],
  look: Look,
  { clock, progress }: Pick<Context, "clock" | "progress">,
) {
  const removed: Removed[] = [];
  let unlisted = 0;
  const dropFromList = () => {
    const ids = removed.slice(unlisted).map(({ id }) => id);
    if (ids.length > 0) vault.dropFromIndex(...ids);
    unlisted = removed.length;
  };
  const bar = progress(tokens.length, t("tokens"));
  try {
    const { failures } = await attemptEach(tokens, async ({ id, name, heldBy }) => {
      await look().catch((error: unknown) => {
        throw removed.length > 0 && error instanceof FobError
          ? stoppedAfter(removed, tokens)
          : error;
      });
      const aside = takeOut(vault, id, clock());
      removed.push({
        id,
        name,
        isHeld: heldBy !== null,
        aside,
        isRestorable: isRemoved(vault, id),
      });
      bar.step();
      if (removed.length - unlisted >= MAX_LISTED) dropFromList();
    });
    return { removed, failures };
  } finally {
    bar.end();
    dropFromList();
  }
}

function stoppedAfter(removed: readonly Removed[], tokens: readonly Removable[]): FobError {
  const left = tokens.filter(({ id }) => !removed.some((one) => one.id === id));
  const names = nameSome(
    left.map(({ name }) => name),
    MAX_NAMED,
  );
  const message = t`interrupted: ${plural(removed.length, "token")} removed, ${left.length} not (${names})`;
  return new FobError("interrupted", message, { hint: t("`fob restore` lists what was removed") });
}

/** No backup has its secret. */
function describeHeld({ name }: Removed): string {
  return t`${name} was in the TPM alone: after that time it is gone for good`;
}

function describeLost({ name, aside }: Removed): string {
  if (aside === null) return t`${name} had no file left, and cannot be restored`;
  return t`${name} could not be read, and cannot be restored: ${aside} keeps its files`;
}
