import { t } from "#base/language.ts";
import { defineCommand } from "#cli/command.ts";
import type { Context } from "#cli/context.ts";
import type { LinkOwner } from "#cli/links.ts";
import { formatTable } from "#cli/output/table.ts";
import { printable } from "#token/printable.ts";
import { linkSchemes } from "./link-schemes.ts";
import { ownerJson } from "./link-view.ts";

/** `fob link status`: which programs open the links that fob understands. */
export const linkStatus = defineCommand({
  name: "link status",
  summary: "say which programs open enrollment and login links",
  arguments: {},
  options: {},
  examples: [{ command: "fob link status", explanation: "one scheme a line" }],
  async run(_, context: Pick<Context, "links" | "settings">): Promise<readonly LinkOwner[]> {
    return (await context.links()).owners(linkSchemes(context));
  },
  text: (owners, style) =>
    formatTable(
      [
        [t("links"), ({ scheme }) => `${scheme}:`],
        [t("opened by"), ({ handler, isFob }) => (isFob ? "fob" : printable(handler ?? "-"))],
        [t("before fob"), ({ before }) => printable(before ?? "-")],
      ],
      owners,
      style,
    ),
  json: (owners) => owners.map(ownerJson),
});
