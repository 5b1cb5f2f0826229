import { plural, t } from "#base/language.ts";
import { shellWord } from "#base/shell-word.ts";
import type { Style } from "#cli/output/style.ts";
import type { RoundReport } from "#sync/round/round-report.ts";
import { printable } from "#token/printable.ts";

/** A token with the name of a device; its id where it is no member. */
function onDevice(
  { name, device }: { readonly name: string; readonly device: string },
  { members }: RoundReport,
) {
  return { name, device: members.find(({ id }) => id === device)?.name ?? device };
}

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
    elsewhere: report.elsewhere.map((one) => onDevice(one, report)),
    doubled: report.doubled.map((one) => onDevice(one, report)),
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
  const { waiting, requests, split, unread, strangers, elsewhere, doubled } = report;
  const { wasDamaged, unshared } = report;
  const at = (one: { readonly name: string; readonly device: string }) => onDevice(one, report);
  return [
    ...(wasDamaged
      ? [t("this device's copy of the repository was damaged, and was made anew")]
      : []),
    ...unshared.map((name) => t`${name} was never sent, and is shared no more: \`fob sync add\``),
    ...elsewhere
      .map(at)
      .map(
        ({ name, device }) =>
          t`${name} was handed over to ${device}, and is there: what came back here was removed; \`fob restore\` has it for 30 days`,
      ),
    ...doubled
      .map(at)
      .map(
        ({ name, device }) =>
          t`${name} has the secret of a token of ${device}: both give the same passcodes, remove one of them`,
      ),
    ...waiting.map((name) => t`${name} wants a PIN first: \`fob sync\` at a terminal asks for it`),
    ...requests.map(
      ({ name, words }) =>
        t`${name} asks to join, with the words ${words}: \`fob sync --approve ${shellWord(words)}\` if its screen shows the same`,
    ),
    ...report.kept.map(
      (name) =>
        t`${name} stays, because it has got a PIN since it was offered: \`fob sync move\` offers it again`,
    ),
    ...report.ended.map(
      (name) => t`${name} does not come: the device that was to hand it over has left with it`,
    ),
    ...(report.foreignRequests > 0 ? [foreignRequest()] : []),
    ...split.map(
      (name) =>
        t`${name} has two secrets on two devices: both tokens stay, one with a number in its name`,
    ),
    ...unread.map((name) => t`${name} has not synchronised since this device joined`),
    ...strangers.map((id) => t`the remote has a branch of a stranger, ${id}: it was ignored`),
  ].map(printable);
}

/** A request of somebody who does not have the invitation's secret. */
export function foreignRequest(): string {
  return t("a request to join was not made with the secret of its invitation: it was refused");
}

function named(what: string, names: readonly string[]): readonly string[] {
  return names.length === 0 ? [] : [printable(`${what}: ${names.join(", ")}`)];
}
