import { t } from "#base/language.ts";
import { asked, defineCommand, flag } from "#cli/command.ts";
import type { Context } from "#cli/context.ts";
import { type NameContext, nameOrPick } from "#commands/code/pick-token.ts";
import { existingVault, findOne } from "#commands/lookup.ts";
import { printable } from "#token/printable.ts";

/** `fob favorite`: lists a token before the others. */
export const favorite = defineCommand({
  name: "favorite",
  summary: "list a token before the others",
  arguments: { name: asked("NAME", "name or id of a token", "token") },
  options: { off: flag("list it among the others again") },
  examples: [
    { command: "fob favorite vpn", explanation: "vpn comes first in lists and in the picker" },
  ],
  ask: async (input, context: NameContext) => ({
    ...input,
    name: await nameOrPick(input.name, context),
  }),
  isDelegable: () => true,
  async run({ name, off }, context: Pick<Context, "findVault">) {
    const vault = await existingVault(context);
    const { id } = await findOne(vault, name);
    const token = vault.amend(id, (current) => ({
      ...current,
      favorite: !off,
    }));
    return { id: token.id, name: token.name, favorite: token.favorite };
  },
  text: ({ name, favorite }) =>
    printable(favorite ? t`${name} is a favorite` : t`${name} is no favorite`),
  json: (marked) => marked,
});
