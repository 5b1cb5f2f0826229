import { t } from "#base/language.ts";
import { defineCommand } from "#cli/command.ts";
import type { Context } from "#cli/context.ts";
import { formatMoment } from "#cli/output/moments.ts";
import type { Style } from "#cli/output/style.ts";
import { type Column, formatTable } from "#cli/output/table.ts";
import { printable } from "#token/printable.ts";
import { listGrants } from "#vault/grants/grants.ts";
import { type GrantView, viewGrant } from "./grant-view.ts";

/** `fob access list`: the grants, and what each opens. */
export const accessList = defineCommand({
  name: "access list",
  summary: "list the grants, and what each opens",
  arguments: {},
  options: {},
  examples: [{ command: "fob access list", explanation: "who can do what, and until when" }],
  isDelegable: () => true,
  isPaged: true,
  async run(_, context: Pick<Context, "clock" | "findVault">): Promise<readonly GrantView[]> {
    const vault = await context.findVault();
    if (!vault) return [];
    const [entries, now] = [vault.entries(), context.clock()];
    return listGrants(vault).map((grant) => viewGrant(grant, entries, now));
  },
  text: formatGrants,
  json: (grants) => grants,
  notes: (grants) => (grants.length === 0 ? [t("no grants: `fob access grant` makes one")] : []),
});

function formatGrants(grants: readonly GrantView[], style: Style): string {
  return formatTable(
    [
      [t("LABEL"), ({ label }) => printable(label)],
      [t("TOKENS"), ({ tokens }) => printable(tokens.join(", "))],
      [t("RIGHTS"), ({ rights }) => rights.join(", ")],
      [t("EXPIRES"), (grant) => formatEnd(grant, style)],
      ...(grants.some(({ confirm }) => confirm) ? [whetherAsked()] : []),
    ],
    grants,
    style,
  );
}

/** A column that is there only where a grant asks before use. */
function whetherAsked(): Column<GrantView> {
  return [t("ASKS"), ({ confirm }) => (confirm ? t("before use") : "-")];
}

function formatEnd({ expiresAt, expired }: GrantView, style: Style): string {
  if (expired) return "expired";
  return expiresAt ? formatMoment(expiresAt, style) : "never";
}
