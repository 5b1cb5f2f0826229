import { attemptEach } from "../cli/attempts.ts";
import { defineCommand, flag, variadic } from "../cli/command.ts";
import { FobError } from "../fob-error.ts";
import { t } from "../language.ts";
import { printable } from "../token/printable.ts";
import { removedIds, removeToken } from "../vault/removal.ts";
import { existingVault, findInVault } from "./lookup.ts";

/** `fob remove`: takes tokens out of use; they stay restorable for 30 days. */
export const remove = defineCommand({
  name: "remove",
  summary: "remove tokens; `fob restore` brings them back for 30 days",
  arguments: { names: variadic("NAME", "names or ids of tokens", "token") },
  options: { yes: flag("do not ask") },
  examples: [{ command: "fob remove old-vpn", explanation: "asks, then removes it" }],
  isDelegable: () => true,
  async run({ names, yes }, context) {
    if (names.length === 0) throw new FobError("usage", t("which token? give a NAME"));
    const vault = await existingVault(context);
    const found = new Map(names.map((name) => findInVault(vault, name)).map((entry) => [entry.id, entry]));
    const tokens = [...found.values()].map(({ id, name }) => ({ id, name }));
    const question = t`Remove ${tokens.map(({ name }) => name).join(", ")}?`;
    if (!yes && !(await context.prompt.confirm(question, "--yes")))
      throw new FobError("interrupted", t("nothing was removed"));
    const { done: removed, failures } = await attemptEach(tokens, async ({ id, name }) => {
      const aside = removeToken(vault, id, context.clock());
      return { id, name, aside, isRestorable: removedIds(vault).includes(id) };
    });
    return { removed, failures };
  },
  text: ({ removed }) => removed.map(({ name }) => printable(t`removed ${name}`)).join("\n"),
  json: ({ removed }) => removed.map(({ id, name }) => ({ id, name })),
  notes: ({ removed }) => [
    ...(removed.some(({ isRestorable }) => isRestorable) ? [t("`fob restore` brings it back within 30 days")] : []),
    ...removed.filter(({ isRestorable }) => !isRestorable).map(describeLost),
  ],
  failures: ({ failures }) => failures,
});

function describeLost({ name, aside }: { readonly name: string; readonly aside: string | null }): string {
  if (aside === null) return t`${name} had no file left, and cannot be restored`;
  return t`${name} could not be read, and cannot be restored: ${aside} keeps its files`;
}
