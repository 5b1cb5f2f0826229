import { t } from "#base/language.ts";
import { asked, defineCommand } from "#cli/command.ts";
import type { Context } from "#cli/context.ts";
import { type NameContext, nameOrPick } from "#commands/code/pick-token.ts";
import { checkName } from "#commands/enroll/draft-names.ts";
import { existingVault, findOne } from "#commands/lookup.ts";
import { printable } from "#token/printable.ts";

/** `fob rename`: gives a token another name. */
export const rename = defineCommand({
  name: "rename",
  summary: "give a token another name",
  arguments: {
    name: asked("NAME", "name or id of a token", "token"),
    newName: asked("NEW", "its new name"),
  },
  options: {},
  examples: [{ command: "fob rename ACME vpn", explanation: "from now on `fob code vpn`" }],
  ask: async ({ name: given, newName }, context: NameContext) => {
    const name = await nameOrPick(given, context);
    return { name, newName: newName ?? (await context.prompt.text(t("New name"), "NEW")) };
  },
  isDelegable: () => true,
  async run({ name, newName }, context: Pick<Context, "findVault">) {
    const wanted = checkName(newName);
    const vault = await existingVault(context);
    const before = await findOne(vault, name);
    vault.amend(before.id, (token) => ({ ...token, name: wanted }));
    return { id: before.id, name: wanted, formerName: before.name };
  },
  text: ({ name, formerName }) => printable(t`${formerName} is now called ${name}`),
  json: (renamed) => renamed,
});
