import { t } from "#base/language.ts";
import { type DraftView, viewDraft } from "#commands/tokens/token-view.ts";
import { audit, judgeValidity } from "#enrollment/audit.ts";
import type { EnrollmentDraft, OnlineEnrollment } from "#enrollment/draft.ts";
import { hotp } from "#otp/hotp.ts";
import { totp } from "#otp/totp.ts";
import { encodeBase32 } from "#token/base32.ts";
import { isMadeWithPin } from "#token/credential.ts";
import type { DraftField, Finding, Severity } from "#token/draft/parsed-token.ts";
import { forget } from "#token/secret.ts";

/** The code of a finding about where a Key URI departs from the drafts of its standard. */
export const DRAFT_DEPARTURE = "draft-departure";

/** The most tokens that are described: each costs some kilobytes. */
const MAX_INSPECTED = 5_000;

/** What was found out about one token. */
export interface InspectedToken {
  /** Null where only the server knows what the token will be. */
  readonly view: DraftView | null;
  /** Its current passcode; null where that cannot be known. */
  readonly code: string | null;
  readonly fields: readonly DraftField[];
}

/** What was found out about a string, a picture or a file. */
export interface Inspection {
  /** Null when it has no form that fob knows. */
  readonly format: string | null;
  readonly isEnrollable: boolean;
  readonly tokens: readonly InspectedToken[];
  readonly findings: readonly Finding[];
}

/** The report on tokens that can be enrolled. Forgets their secrets. */
export function inspectDrafts(
  format: string | null,
  drafts: readonly EnrollmentDraft[],
  { reveal, now }: { readonly reveal: boolean; readonly now: Date },
): Inspection {
  const looked = drafts.slice(0, MAX_INSPECTED);
  const findings = looked.flatMap((draft) =>
    [...draft.findings, ...audit(draft), ...judgeValidity(draft, now)].map((finding) =>
      named(finding, draft, drafts),
    ),
  );
  if (drafts.length > looked.length) {
    const message = t`only the first ${MAX_INSPECTED} of ${drafts.length} tokens are shown`;
    findings.push({ severity: "warning", code: "not-all-shown", message });
  }
  const tokens = looked.map((draft) => ({
    view: viewDraft(draft.name ?? "", draft),
    code: passcodeOf(draft, now),
    fields: [...draft.fields, secretField(draft, reveal)].map((field) => masked(field, reveal)),
  }));
  for (const { secret } of drafts) forget(secret);
  return { format, isEnrollable: drafts.length > 0, tokens, findings };
}

/** The report on a string that a server turns into a token. */
export function inspectOnline(
  { format, fields, findings }: OnlineEnrollment,
  reveal: boolean,
): Inspection {
  const token = { view: null, code: null, fields: fields.map((field) => masked(field, reveal)) };
  return { format, isEnrollable: true, tokens: [token], findings };
}

/** The report on something that cannot be enrolled, with the reason. */
export function inspectRefused(
  format: string | null,
  code: string,
  messages: readonly string[],
): Inspection {
  const findings = messages.map((message): Finding => ({ severity: "error", code, message }));
  return { format, isEnrollable: false, tokens: [], findings };
}

/** The report on a file apart from its tokens. */
export function inspectRemarks(code: string, messages: readonly string[]): Inspection {
  const findings = messages.map((message): Finding => ({ severity: "info", code, message }));
  return { format: null, isEnrollable: false, tokens: [], findings };
}

const SEVERITIES: readonly Severity[] = ["error", "warning", "info"];

/** Several inspections as one, the worst finding first. */
export function joinInspections(inspections: readonly Inspection[]): Inspection {
  const findings = inspections.flatMap((inspection) => inspection.findings);
  return {
    format: inspections.find(({ format }) => format !== null)?.format ?? null,
    isEnrollable: inspections.some(({ isEnrollable }) => isEnrollable),
    tokens: inspections.flatMap(({ tokens }) => tokens),
    findings: SEVERITIES.flatMap((severity) =>
      findings.filter((finding) => finding.severity === severity),
    ),
  };
}

/** Names the token of a finding where there are several tokens. */
function named(
  finding: Finding,
  { name }: EnrollmentDraft,
  all: readonly EnrollmentDraft[],
): Finding {
  return all.length === 1 || name === null
    ? finding
    : { ...finding, message: t`${name}: ${finding.message}` };
}

function passcodeOf({ credential, secret, clientPart }: EnrollmentDraft, now: Date): string | null {
  // the next reading of the string makes another secret
  if (clientPart !== undefined) return null;
  if (credential.kind === "ocra" || isMadeWithPin(credential)) return null;
  if (credential.kind === "hotp") return hotp({ ...credential, secret });
  const unixSeconds = now.getTime() / 1000;
  // null before its first time step
  return unixSeconds < credential.t0 ? null : totp({ ...credential, secret, unixSeconds }).code;
}

function secretField({ secret, clientPart }: EnrollmentDraft, reveal: boolean): DraftField {
  const size = t`(${secret.length * 8} bits)`;
  if (clientPart !== undefined)
    return { name: "secret", value: t`made at enrollment ${size}`, origin: "assumed" };
  return {
    name: "secret",
    value: t`${reveal ? encodeBase32(secret) : t("hidden")} ${size}`,
    origin: "given",
  };
}

function masked({ isSecret = false, value, ...field }: DraftField, reveal: boolean): DraftField {
  return {
    ...field,
    value: isSecret && !reveal ? t`hidden (${[...value].length} characters)` : value,
  };
}
