import { plural, t } from "#base/language.ts";
import { shellWord } from "#base/shell-word.ts";
import type { Style } from "#cli/output/style.ts";
import type { RoundReport } from "#sync/round/round.ts";
import { printable } from "#token/printable.ts";

/** A round as JSON. */
export function roundJson(report: RoundReport) {
  const { added, removed, changed, waiting, left, approved, requests, isSent } = report;
  return {
    added,
    removed,
    changed,
    waiting,
    left,
    approved,
    requests,
    sent: isSent,
    conflicts: report.split,
    unread: report.unread,
    strangers: report.strangers,
  };
}

/** What a round has done, a line for each kind. */
export function describeRound(report: RoundReport, style: Style): string {
  const { added, removed, changed, left, approved, isSent, members } = report;
  const lines = [
    ...named(t("added"), added),
    ...named(t("removed"), removed),
    ...named(t("changed"), changed),
    ...named(t("handed over"), left),
    ...named(t("new device"), approved),
  ];
  const isQuiet = lines.length === 0 && !isSent;
  const count = style.strong(plural(members.length, "device"));
  return [...lines, isQuiet ? t`nothing new, ${count}` : t`synchronised, ${count}`].join("\n");
}

/** What a person must know of a round. */
export function roundNotes(report: RoundReport): readonly string[] {
  const { waiting, requests, split, unread, strangers } = report;
  return [
    ...waiting.map((name) => t`${name} wants a PIN first: \`fob sync\` at a terminal asks for it`),
    ...requests.map(
      ({ name, words }) =>
        t`${name} asks to join, with the words ${words}: \`fob sync --approve ${shellWord(words)}\` if its screen shows the same`,
    ),
    ...split.map((name) => t`${name} has two secrets on two devices: both tokens stay`),
    ...unread.map((name) => t`${name} has not synchronised since this device joined`),
    ...strangers.map((id) => t`the remote has a branch of a stranger, ${id}: it was ignored`),
  ].map(printable);
}

function named(what: string, names: readonly string[]): readonly string[] {
  return names.length === 0 ? [] : [printable(`${what}: ${names.join(", ")}`)];
}
