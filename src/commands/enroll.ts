import { defineCommand, flag, value, values, variadic } from "../cli/command.ts";
import type { Context } from "../cli/context.ts";
import type { Style } from "../cli/style.ts";
import { judgeValidity } from "../enrollment/audit.ts";
import { FobError } from "../fob-error.ts";
import { printable } from "../token/printable.ts";
import { forget } from "../token/secret.ts";
import type { Vault } from "../vault/vault.ts";
import { readDrafts } from "./enrollment-input.ts";
import { askPins, guardTokens } from "./enrollment-pins.ts";
import { type NamedDraft, nameDrafts, type StoredDraft, storeDrafts } from "./enrollment-storing.ts";
import { type DraftView, describeView, viewDraft, viewToken } from "./token-view.ts";

interface EnrolledView extends DraftView {
  readonly clientPart?: string;
}

interface Enrolled {
  readonly views: readonly EnrolledView[];
  readonly isDryRun: boolean;
  readonly notes: readonly string[];
}

/** `fob enroll`: adds tokens from enrollment strings and pictures. All of them, or none. */
export const enroll = defineCommand({
  name: "enroll",
  summary: "add tokens from enrollment strings or QR pictures",
  description:
    "ENROLLMENT is a Key URI (otpauth://...), a migration code, an activation code (XXXXX-XXXXX-XXXXX-XXXXX), a key container (PSKC) " +
    "or a bare secret in Base32 or hex with --name; - reads standard input, one string a line. Without any, a terminal asks for it without echo.",
  arguments: { enrollments: variadic("ENROLLMENT", "enrollment strings; - reads standard input") },
  options: {
    qr: values("FILE", "read QR codes from PNG, JPEG, GIF, BMP, TIFF or WebP pictures"),
    clipboard: flag("read what was copied, a text or a picture"),
    screen: flag("read the QR codes that the screen shows"),
    name: value("NAME", "what to call the token"),
    dryRun: flag("show what would be enrolled, and store nothing"),
    replace: flag("replace the token of the same name or account; the old one stays restorable"),
    yes: flag("do not ask back about warnings"),
    pin: flag("ask for a token PIN now"),
  },
  examples: [
    { command: "fob enroll --qr screenshot.png", explanation: "from a picture of the QR code" },
    { command: "fob enroll --screen", explanation: "from the QR code that the browser shows" },
    { command: "fob enroll --name vpn -", explanation: "from standard input, so that the secret is in no history" },
    { command: "fob enroll < tokens.txt -", explanation: "many at once, one enrollment string a line" },
  ],
  async run(input, context): Promise<Enrolled> {
    const drafts = await readDrafts(input, context);
    const named = await nameDrafts(drafts, input.name, context);
    const notes = describeFindings(named, context.clock());
    if (input.dryRun) return { views: named.map(({ name, draft }) => viewDraft(name, draft)), isDryRun: true, notes };
    if (notes.length > 0 && !input.yes) await confirmWarnings(named, context);
    const vault = await context.ensureVault();
    const pins = await askPins(named, input.pin, context);
    const stored = storeDrafts(vault, named, { onKnown: input.replace ? "replace" : "refuse", now: context.clock() });
    for (const { secret } of drafts) forget(secret);
    await guardTokens(vault, stored, pins, context);
    return { views: stored.map((one) => viewEnrolled(vault, one)), isDryRun: false, notes };
  },
  text: formatEnrolled,
  json: ({ views, isDryRun }) => (isDryRun ? views.map((view) => ({ ...view, dryRun: true })) : views),
  notes: ({ notes }) => notes,
});

/** A new token, and our part of its secret where the issuer needs it. */
function viewEnrolled(vault: Vault, { token, named }: StoredDraft): EnrolledView {
  const { clientPart } = named.draft;
  return { ...viewToken(vault.read(token.id).token, null), ...(clientPart === undefined ? {} : { clientPart }) };
}

function describeFindings(named: readonly NamedDraft[], now: Date): string[] {
  return named.flatMap(({ name, draft }) =>
    [...draft.findings, ...judgeValidity(draft, now)].map(
      ({ severity, message }) => `${severity === "info" ? "note" : severity}: ${name}: ${message}`,
    ),
  );
}

async function confirmWarnings(named: readonly NamedDraft[], context: Context): Promise<void> {
  const warnings = named.flatMap(({ draft }) => draft.findings.filter(({ severity }) => severity === "warning"));
  if (warnings.length === 0 || !context.prompt.available) return;
  const question = `${warnings.map(({ message }) => message).join("; ")}. Enroll all the same?`;
  if (!(await context.prompt.confirm(question, "--yes"))) throw new FobError("interrupted", "nothing was enrolled");
}

function formatEnrolled({ views, isDryRun }: Enrolled, style: Style): string {
  const verb = isDryRun ? "would enroll" : "enrolled";
  return views
    .flatMap((view) => [
      `${verb} ${style.strong(printable(view.name))} (${describeView(view)})`,
      ...(view.clientPart === undefined ? [] : [`type this at the issuer to finish: ${style.strong(view.clientPart)}`]),
    ])
    .join("\n");
}
