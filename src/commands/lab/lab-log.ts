import { declared, t } from "#base/language.ts";
import { defineCommand, value } from "#cli/command.ts";
import type { Style } from "#cli/output/style.ts";
import { formatTable } from "#cli/output/table.ts";
import { parseWhole } from "#commands/values.ts";
import type { AuditEntry } from "#lab/audit-log.ts";
import { printable } from "#token/printable.ts";
import { type LabContext, openLab } from "./lab-opening.ts";

const USUAL_COUNT = "50";

/** `fob lab log`: what happened at the lab. */
export const labLog = defineCommand({
  name: "lab log",
  summary: "show what happened at the lab",
  description:
    "Logins, enrollments, challenges and answers, and why one was refused. It holds no secrets.",
  arguments: {},
  options: { last: value("N", declared`how many, the newest: at most 100000 (${USUAL_COUNT})`) },
  examples: [
    { command: "fob lab log", explanation: "the newest events, the newest last" },
    {
      command: "fob lab log --last 1000 --json | jq '.[] | select(.outcome == \"refused\")'",
      explanation: "what was refused",
    },
  ],
  isPaged: true,
  async run({ last = USUAL_COUNT }, context: LabContext): Promise<readonly AuditEntry[]> {
    const { MOST_EVENTS, readEvents } = await import("#lab/audit-log.ts");
    const { store } = await openLab(context);
    return readEvents(store.folder, parseWhole("--last", last, 1, MOST_EVENTS));
  },
  text: formatEvents,
  json: (entries) => entries,
  notes: (entries) => (entries.length === 0 ? [t("nothing has happened yet")] : []),
});

function formatEvents(entries: readonly AuditEntry[], style: Style): string {
  return formatTable(
    [
      [t("TIME"), ({ time }) => time.replace(/\.\d+Z$/, "Z")],
      [t("EVENT"), ({ event }) => event],
      [t("OUTCOME"), ({ outcome }) => outcome],
      [t("USER"), ({ user }) => user ?? "-"],
      [t("TOKEN"), ({ serial }) => serial ?? "-"],
      ["", ({ detail }) => printable(detail ?? "")],
    ],
    entries,
    style,
  );
}
