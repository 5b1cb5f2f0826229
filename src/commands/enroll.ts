import { defineCommand, flag, value, values, variadic } from "../cli/command.ts";
import type { Context } from "../cli/context.ts";
import type { Style } from "../cli/style.ts";
import { FobError } from "../fob-error.ts";
import { USER_PIN_POLICY } from "../token/pin-policy.ts";
import { printable } from "../token/printable.ts";
import { forget } from "../token/secret.ts";
import type { Token } from "../token/token.ts";
import { askNewPin } from "../vault/pin-prompt.ts";
import { setTokenPin, unguardedSecretKey } from "../vault/token-pin.ts";
import type { Vault } from "../vault/vault.ts";
import { readDrafts } from "./enrollment-input.ts";
import { type NamedDraft, nameDrafts, storeDrafts } from "./enrollment-storing.ts";
import { type DraftView, describeView, viewDraft, viewToken } from "./token-view.ts";

interface Enrolled {
  readonly views: readonly DraftView[];
  readonly isDryRun: boolean;
  readonly notes: readonly string[];
}

/** `fob enroll`: adds tokens from enrollment strings and pictures. All of them, or none. */
export const enroll = defineCommand({
  name: "enroll",
  summary: "add tokens from enrollment strings or QR pictures",
  description:
    "ENROLLMENT is a Key URI (otpauth://...), an activation code (XXXXX-XXXXX-XXXXX-XXXXX) or a bare secret in Base32 or hex with\n" +
    "--name; - reads standard input, one string a line. Without any, a terminal asks for it without echo.",
  arguments: { enrollments: variadic("ENROLLMENT", "enrollment strings; - reads standard input") },
  options: {
    qr: values("FILE", "read QR codes from PNG, JPEG, GIF, BMP or TIFF pictures"),
    name: value("NAME", "what to call the token"),
    dryRun: flag("show what would be enrolled, and store nothing"),
    replace: flag("replace the token of the same name or account; the old one stays restorable"),
    yes: flag("do not ask back about warnings"),
    pin: flag("ask for a token PIN now"),
  },
  examples: [
    { command: "fob enroll --qr screenshot.png", explanation: "from a picture of the QR code" },
    { command: "fob enroll --name vpn -", explanation: "from standard input, so that the secret is in no history" },
    { command: "fob enroll < tokens.txt -", explanation: "many at once, one enrollment string a line" },
  ],
  async run(input, context): Promise<Enrolled> {
    const drafts = await readDrafts(input, context);
    const named = await nameDrafts(drafts, input.name, context);
    const notes = describeFindings(named);
    if (input.dryRun) return { views: named.map(({ name, draft }) => viewDraft(name, draft)), isDryRun: true, notes };
    if (notes.length > 0 && !input.yes) await confirmWarnings(named, context);
    const vault = await context.ensureVault();
    const pin = input.pin ? await askNewPin(context.pinPrompt, namesOf(named), USER_PIN_POLICY) : null;
    const tokens = storeDrafts(vault, named, { replace: input.replace, now: context.clock() });
    for (const { secret } of drafts) forget(secret);
    if (pin) await guardAll(vault, tokens, pin);
    forget(pin);
    return { views: tokens.map(({ id }) => viewToken(vault.read(id).token, null)), isDryRun: false, notes };
  },
  text: formatEnrolled,
  json: ({ views, isDryRun }) => (isDryRun ? views.map((view) => ({ ...view, dryRun: true })) : views),
  notes: ({ notes }) => notes,
});

async function guardAll(vault: Vault, tokens: readonly Token[], pin: Buffer): Promise<void> {
  for (const { id } of tokens) {
    const record = vault.read(id);
    await setTokenPin(vault, record, unguardedSecretKey(vault, record), pin);
  }
}

function describeFindings(named: readonly NamedDraft[]): string[] {
  return named.flatMap(({ name, draft }) =>
    draft.findings.map(({ severity, message }) => `${severity === "info" ? "note" : severity}: ${name}: ${message}`),
  );
}

async function confirmWarnings(named: readonly NamedDraft[], context: Context): Promise<void> {
  const warnings = named.flatMap(({ draft }) => draft.findings.filter(({ severity }) => severity === "warning"));
  if (warnings.length === 0 || !context.prompt.available) return;
  const question = `${warnings.map(({ message }) => message).join("; ")}. Enroll all the same?`;
  if (!(await context.prompt.confirm(question, "--yes"))) throw new FobError("interrupted", "nothing was enrolled");
}

function namesOf(named: readonly NamedDraft[]): string {
  return named.map(({ name }) => name).join(", ");
}

function formatEnrolled({ views, isDryRun }: Enrolled, style: Style): string {
  const verb = isDryRun ? "would enroll" : "enrolled";
  return views.map((view) => `${verb} ${style.strong(printable(view.name))} (${describeView(view)})`).join("\n");
}
