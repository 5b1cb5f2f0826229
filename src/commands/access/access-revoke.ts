import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { asked, defineCommand } from "#cli/command.ts";
import type { Context } from "#cli/context.ts";
import { existingVault } from "#commands/lookup.ts";
import { printable } from "#token/printable.ts";
import { listGrants, revokeGrant } from "#vault/grants/grants.ts";
import type { Vault } from "#vault/vault.ts";
import { type GrantView, viewGrant } from "./grant-view.ts";

/** `fob access revoke`: ends a grant. */
export const accessRevoke = defineCommand({
  name: "access revoke",
  summary: "end a grant: its secret opens nothing any more",
  description:
    "Its tokens get new keys, so that even a copy of the vault's files that was made before opens nothing new with it.",
  arguments: { label: asked("LABEL", "what the grant is called") },
  options: {},
  examples: [
    { command: "fob access revoke ci", explanation: "the script that has it is locked out" },
  ],
  ask: async ({ label }, context: Pick<Context, "findVault" | "prompt">) => ({
    label: label ?? (await pickGrant(await existingVault(context), context)),
  }),
  async run({ label }, context: Pick<Context, "clock" | "findVault">): Promise<GrantView> {
    const vault = await existingVault(context);
    return viewGrant(revokeGrant(vault, label), vault.entries(), context.clock());
  },
  text: ({ label }) => t`revoked ${printable(label)}`,
  json: (grant) => grant,
});

function pickGrant(vault: Vault, { prompt }: Pick<Context, "prompt">): Promise<string> {
  const grants = listGrants(vault);
  if (grants.length === 0) throw new FobError("not-found", t("there are no grants"));
  const choices = grants.map(({ label }) => ({ label, value: label }));
  return prompt.pick(t("Which grant?"), choices, "LABEL");
}
