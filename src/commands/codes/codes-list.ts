import { t } from "#base/language.ts";
import { attemptEach } from "#cli/attempts.ts";
import { defineCommand } from "#cli/command.ts";
import type { Context } from "#cli/context.ts";
import { formatTable } from "#cli/output/table.ts";
import { existingVault } from "#commands/lookup.ts";
import { printable } from "#token/printable.ts";
import { countCodes } from "#vault/belongings/recovery-codes.ts";
import { wasWiped } from "#vault/tokens/same-secret.ts";

/** `fob codes list`: says how many recovery codes are left. */
export const codesList = defineCommand({
  name: "codes list",
  summary: "say how many recovery codes are left of each token",
  description: "The codes themselves are not shown: `fob codes NAME` gives the next one.",
  arguments: {},
  options: {},
  examples: [{ command: "fob codes list", explanation: "names, and how many codes are left" }],
  isDelegable: () => true,
  isPaged: true,
  async run(_, context: Pick<Context, "findVault">) {
    const vault = await existingVault(context);
    const { done, failures } = await attemptEach(vault.entries(), async (entry) => {
      const { id, name } = entry;
      const count = countCodes(vault, id);
      if (!count) return null;
      const wiped = wasWiped(vault, entry);
      return { id, name, ...count, ...(wiped ? { left: 0 } : {}), wiped };
    });
    return { counted: done.filter((one) => one !== null), failures };
  },
  text: ({ counted }, style) =>
    formatTable(
      [
        [t("NAME"), ({ name }) => printable(name)],
        [t("LEFT"), ({ left }) => String(left)],
        [t("OF"), ({ total }) => String(total)],
      ],
      counted,
      style,
    ),
  json: ({ counted }) => counted.map(({ wiped: _, ...count }) => count),
  notes: ({ counted, failures }) => [
    ...(counted.length === 0 && failures.length === 0 ? [t("no token has recovery codes")] : []),
    ...counted.flatMap(({ name, wiped }) =>
      wiped
        ? [t`${name}: its codes went with its secret, which too many wrong PINs have wiped`]
        : [],
    ),
  ],
  failures: ({ failures }) => failures,
});
