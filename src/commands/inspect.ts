import { defineCommand, flag, optional, value } from "../cli/command.ts";
import type { Context } from "../cli/context.ts";
import type { Style } from "../cli/style.ts";
import { formatFields } from "../cli/table.ts";
import { audit } from "../enrollment/audit.ts";
import type { DraftField, EnrollmentDraft, Finding, Severity } from "../enrollment/draft.ts";
import { identify, recognize } from "../enrollment/recognize.ts";
import { FobError } from "../fob-error.ts";
import { hotp } from "../otp/hotp.ts";
import { totp } from "../otp/totp.ts";
import { encodeBase32 } from "../token/base32.ts";
import { printable } from "../token/printable.ts";
import { forget } from "../token/secret.ts";
import { type DraftView, kindInWords, viewDraft } from "./token-view.ts";

interface InspectedToken {
  readonly view: DraftView;
  /** The passcode that it would give now; null for a token that only answers challenges. */
  readonly code: string | null;
  readonly fields: readonly DraftField[];
}

interface Inspection {
  /** Null when the text has no form that fob knows. */
  readonly format: string | null;
  readonly isEnrollable: boolean;
  readonly tokens: readonly InspectedToken[];
  readonly findings: readonly Finding[];
}

/** `fob inspect`: what an enrollment string is, without storing it. */
export const inspect = defineCommand({
  name: "inspect",
  summary: "tell what an enrollment string is, without storing it",
  description:
    "Shows every field and where its value came from (given, default, assumed), the passcode it would give, and what is wrong or\n" +
    "unusual about it. Nothing is stored or sent, and no vault is needed. Exit code 6 when it cannot be enrolled.",
  arguments: { enrollment: optional("ENROLLMENT", "an enrollment string; - reads standard input") },
  options: {
    qr: value("FILE", "read it from a picture of a QR code"),
    reveal: flag("show the secret"),
  },
  examples: [
    { command: "fob inspect -", explanation: "asks nothing, stores nothing: the string comes on standard input" },
    { command: "fob inspect --qr poster.png --json", explanation: "what a picture would enroll, for a script" },
  ],
  async run({ enrollment, qr, reveal }, context): Promise<Inspection> {
    const text = await readText(enrollment, qr, context);
    try {
      const drafts = await recognize(text);
      return describe(identify(text), drafts, reveal, context.clock());
    } catch (error) {
      if (!(error instanceof FobError) || error.code !== "invalid") throw error;
      const finding: Finding = { severity: "error", code: "invalid", message: error.message };
      return { format: identify(text), isEnrollable: false, tokens: [], findings: [finding] };
    }
  },
  text: formatInspection,
  json: ({ format, isEnrollable, tokens, findings }) => ({
    format,
    enrollable: isEnrollable,
    tokens: tokens.map(({ view, code, fields }) => ({
      id: null,
      ...view,
      enrolledAt: null,
      lastUsedAt: null,
      code,
      fields,
    })),
    findings,
  }),
  exitCode: ({ isEnrollable }) => (isEnrollable ? 0 : 6),
});

async function readText(enrollment: string | undefined, qr: string | undefined, context: Context): Promise<string> {
  if (enrollment !== undefined && qr !== undefined)
    throw new FobError("usage", "ENROLLMENT and --qr exclude each other");
  if (qr !== undefined) return (await context.readPicture(qr))[0] ?? "";
  if (enrollment === "-") return context.readInput();
  return (
    enrollment ??
    context.prompt.secret("Enrollment string (it is not shown)", "an ENROLLMENT, - for standard input, or --qr FILE")
  );
}

function describe(format: string | null, drafts: readonly EnrollmentDraft[], reveal: boolean, now: Date): Inspection {
  const findings = drafts.flatMap((draft) =>
    [...draft.findings, ...audit(draft)].map((finding) => named(finding, draft, drafts)),
  );
  const tokens = drafts.map((draft) => ({
    view: viewDraft(draft.name ?? "", draft),
    code: passcodeOf(draft, now),
    fields: [...draft.fields, secretField(draft.secret, reveal)],
  }));
  for (const { secret } of drafts) forget(secret);
  return { format, isEnrollable: true, tokens, findings: bySeverity(findings) };
}

/** Where there are several tokens, a finding says which one it is about. */
function named(finding: Finding, { name }: EnrollmentDraft, all: readonly EnrollmentDraft[]): Finding {
  return all.length === 1 || name === null ? finding : { ...finding, message: `${name}: ${finding.message}` };
}

function passcodeOf({ credential, secret }: EnrollmentDraft, now: Date): string | null {
  if (credential.kind === "ocra") return null;
  if (credential.kind === "hotp") return hotp({ ...credential, secret });
  return totp({ ...credential, secret, unixSeconds: now.getTime() / 1000 }).code;
}

function secretField(secret: Uint8Array, reveal: boolean): DraftField {
  const shown = reveal ? encodeBase32(secret) : "hidden";
  return { name: "secret", value: `${shown} (${secret.length * 8} bits)`, origin: "given" };
}

const SEVERITIES: readonly Severity[] = ["error", "warning", "info"];

function bySeverity(findings: readonly Finding[]): Finding[] {
  return SEVERITIES.flatMap((severity) => findings.filter((finding) => finding.severity === severity));
}

function formatInspection({ format, tokens, findings }: Inspection, style: Style): string {
  const colors = { error: style.bad, warning: style.warning, info: style.faint };
  const blocks = tokens.map((token) => formatToken(format, token, style));
  const remarks = findings.map(
    ({ severity, code, message }) => `${colors[severity](severity)}: ${printable(message)} (${code})`,
  );
  return [...blocks, remarks.join("\n")].filter(Boolean).join("\n\n");
}

function formatToken(format: string | null, { view, code, fields }: InspectedToken, style: Style): string {
  const rows = fields.map(({ name, value, origin }): [string, string] => {
    return [name, origin === "given" ? printable(value) : `${printable(value)} ${style.faint(`(${origin})`)}`];
  });
  const head: [string, string][] = [
    ["format", format ?? "unknown"],
    ["kind", kindInWords(view.kind)],
  ];
  return formatFields([...head, ...rows, ["passcode", code ?? "-"]], style);
}
