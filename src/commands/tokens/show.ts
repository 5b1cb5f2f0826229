import { asked, defineCommand } from "#cli/command.ts";
import type { Context } from "#cli/context.ts";
import { formatFields } from "#cli/output/table.ts";
import { type NameContext, nameOrPick } from "#commands/code/pick-token.ts";
import { existingTokens, findOne } from "#commands/lookup.ts";
import { lastUses } from "#vault/tokens/last-uses.ts";
import { fieldsOf, type TokenView, viewToken } from "./token-view.ts";

/** `fob show`: one token's details, never its secret. */
export const show = defineCommand({
  name: "show",
  summary: "show one token's details, never its secret",
  arguments: { name: asked("NAME", "name or id of a token", "token") },
  options: {},
  examples: [
    {
      command: "fob show vpn",
      explanation: "kind, algorithm, counter, PIN and where it came from",
    },
  ],
  ask: async (input, context: NameContext) => ({
    ...input,
    name: await nameOrPick(input.name, context),
  }),
  async run({ name }, context: Pick<Context, "findTokens">): Promise<TokenView> {
    const tokens = await existingTokens(null, context);
    const { id } = await findOne(tokens, name);
    const { token, isWiped } = await tokens.look(id);
    return viewToken(token, lastUses(tokens).of(id), isWiped);
  },
  text: (view, style) => formatFields(fieldsOf(view, style), style),
  json: (view) => view,
});
