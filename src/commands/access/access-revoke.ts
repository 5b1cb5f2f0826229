import { t } from "#base/language.ts";
import { defineCommand, required } from "#cli/command.ts";
import type { Context } from "#cli/context.ts";
import { existingVault } from "#commands/lookup.ts";
import { printable } from "#token/printable.ts";
import { revokeGrant } from "#vault/grants/grants.ts";
import { type GrantView, viewGrant } from "./grant-view.ts";

/** `fob access revoke`: ends a grant. */
export const accessRevoke = defineCommand({
  name: "access revoke",
  summary: "end a grant: its secret opens nothing any more",
  description:
    "Its tokens get new keys, so that even a copy of the vault's files that was made before opens nothing new with it.",
  arguments: { label: required("LABEL", "what the grant is called") },
  options: {},
  examples: [
    { command: "fob access revoke ci", explanation: "the script that has it is locked out" },
  ],
  async run({ label }, context: Pick<Context, "clock" | "findVault">): Promise<GrantView> {
    const vault = await existingVault(context);
    return viewGrant(revokeGrant(vault, label), vault.entries(), context.clock());
  },
  text: ({ label }) => t`revoked ${printable(label)}`,
  json: (grant) => grant,
});
