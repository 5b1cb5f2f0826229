import { t } from "#base/language.ts";
import { nameSome } from "#commands/naming.ts";
import { judgeCopiedSecret, judgeValidity } from "#enrollment/audit.ts";
import { type Finding, severityInWords } from "#token/draft/parsed-token.ts";
import type { NamedDraft } from "./named-draft.ts";

/** No more tokens are named behind one warning. */
const MAX_NAMED = 3;

/** All findings about drafts, each with the name of its token. */
export function findingsOf(named: readonly NamedDraft[], now: Date): Finding[] {
  return named.flatMap((one) => findingsAbout(one, now).map((finding) => about(one.name, finding)));
}

/** The warnings about drafts, one for all tokens that it is about: a file may have thousands. */
export function warningsAbout(named: readonly NamedDraft[], now: Date): string[] {
  const names = new Map<string, string[]>();
  for (const one of named) {
    for (const { severity, message } of findingsAbout(one, now)) {
      if (severity === "warning") names.set(message, [...(names.get(message) ?? []), one.name]);
    }
  }
  return [...names].map(
    ([message, all]) =>
      `${severityInWords("warning")}: ${t`${nameSome(all, MAX_NAMED)}: ${message}`}`,
  );
}

/** The findings about a draft that a user is asked about: all but those about when it is valid. */
export function findingsToConfirm({ draft }: Pick<NamedDraft, "draft">): Finding[] {
  return [...draft.findings, ...judgeCopiedSecret(draft.secret)];
}

/** A finding that names what it is about. */
export function about(name: string, { severity, code, message }: Finding): Finding {
  return { severity, code, message: t`${name}: ${message}` };
}

/** A finding as a line of text. */
export function describeFinding({ severity, message }: Finding): string {
  return `${severityInWords(severity)}: ${message}`;
}

function findingsAbout({ draft }: NamedDraft, now: Date): Finding[] {
  return [...findingsToConfirm({ draft }), ...judgeValidity(draft, now)];
}
