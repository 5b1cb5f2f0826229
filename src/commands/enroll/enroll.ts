import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { refuseNothingDone } from "#cli/attempts.ts";
import { defineCommand, flag, value, values, variadic } from "#cli/command.ts";
import type { Context } from "#cli/context.ts";
import type { Style } from "#cli/output/style.ts";
import { parseTags } from "#commands/tokens/tag-values.ts";
import {
  type DraftView,
  describeView,
  type TokenView,
  viewDraft,
} from "#commands/tokens/token-view.ts";
import { parseHolding } from "#commands/values.ts";
import type { EnrollmentDraft } from "#enrollment/draft.ts";
import type { Credential } from "#token/credential.ts";
import type { Finding } from "#token/draft/parsed-token.ts";
import { printable } from "#token/printable.ts";
import { HOLDERS, type Holding } from "#token/token.ts";
import { refuseUnholdable } from "#vault/chip/holding.ts";
import { addDrafts, type ClientContext } from "./add-drafts.ts";
import type { AddingWishes } from "./adding-wishes.ts";
import { about, describeFinding, findingsOf, findingsToConfirm } from "./draft-findings.ts";
import { nameDrafts, refuseSharedName } from "./draft-names.ts";
import { describeMissingPin } from "./enrollment-pins.ts";
import {
  describeFirst,
  type FirstContext,
  type FirstPasscode,
  firstPasscode,
} from "./first-passcode.ts";
import { readListDraft } from "./list-draft.ts";
import type { NamedDraft } from "./named-draft.ts";
import {
  type EnrollmentSources,
  type Enrollments,
  readEnrollments,
  type StringContext,
} from "./read-strings.ts";
import { type ServerContext, ServerEnrollments } from "./server-enrollments.ts";
import { describeCounters } from "./store-drafts.ts";
import type { FetchedTokens } from "./store-fetched.ts";
import { withRecoveryCode } from "./with-recovery-code.ts";

interface EnrolledView extends DraftView {
  readonly clientPart?: string;
  /** Of the vault that was made for it. */
  readonly recoveryCode?: string;
}

/** A token that only its server knows. */
type OnlineView = Pick<
  Enrollments["online"][number],
  "name" | "issuer" | "account" | "serial" | "format" | "server"
>;

/** What became of enrollment strings. */
export type Enrolled = {
  readonly notes: readonly string[];
  /** Why some tokens of a code or container that holds many were left out. */
  readonly failures: readonly FobError[];
} & (
  | {
      readonly isDryRun: true;
      readonly views: readonly DraftView[];
      readonly online: readonly OnlineView[];
    }
  | {
      readonly isDryRun: false;
      readonly views: readonly EnrolledView[];
      readonly isPinMissing: boolean;
      /** What the service asks for next, for a person at a terminal. */
      readonly passcode: FirstPasscode | null;
    }
);

/** What `fob enroll` needs of the context. */
export type EnrollContext = StringContext &
  ServerContext &
  ClientContext &
  FirstContext &
  Pick<Context, "access" | "complain" | "newRecoveryCode" | "readFile">;

/**
 * `fob enroll`: adds tokens from enrollment strings and pictures. All of them, or none, but for
 * those that a server has made by then, and for tokens that are wrong in a code of many.
 */
export const enroll = defineCommand({
  name: "enroll",
  summary: "add tokens from enrollment strings or QR pictures",
  description:
    "ENROLLMENT is a Key URI (otpauth://...), a migration code, an activation string or code (XXXXX-XXXXX-XXXXX-XXXXX), a key container (PSKC) " +
    "or a bare secret in Base32 or hex with --name; - reads standard input, one string a line. Without any, a terminal asks without echo for what is pasted, of one line or many; broken lines are joined.",
  arguments: { enrollments: variadic("ENROLLMENT", "enrollment strings; - reads standard input") },
  options: {
    qr: values("FILE", "read QR codes from PNG, JPEG, GIF, BMP, TIFF or WebP pictures", "file"),
    clipboard: flag("read what was copied, a text or a picture"),
    codes: value("FILE", "a list of one-time passwords, on paper before; - reads it", "file"),
    screen: flag("read the QR codes that the screen shows"),
    name: value("NAME", "what to call the token"),
    tag: value("TAG", "its tags, with commas between", "tag"),
    dryRun: flag("show what would be enrolled, store nothing and ask no server"),
    replace: flag(
      "replace every token of the same account, or the one of the same name; they stay restorable",
    ),
    yes: flag("do not ask back about warnings"),
    pin: flag("ask for a token PIN now"),
    hold: value("CHIP", "put the secret into this machine's TPM, and nowhere else (tpm)", HOLDERS),
    counter: value(
      "CHIP",
      "with --hold, let the TPM count, so that an older copy of the vault repeats no passcode (tpm)",
      HOLDERS,
    ),
    trace: value(
      "FILE",
      "write a log of what a server was asked and answered, without secrets",
      "file",
    ),
    insecure: flag("accept a server without TLS, or with a certificate that is not trusted"),
  },
  examples: [
    { command: "fob enroll --qr screenshot.png", explanation: "from a picture of the QR code" },
    { command: "fob enroll --screen", explanation: "from the QR code that the browser shows" },
    {
      command: "fob enroll --name vpn -",
      explanation: "from standard input, so that the secret is in no history",
    },
    {
      command: "fob enroll < tokens.txt -",
      explanation: "many at once, one enrollment string a line",
    },
    {
      command: "fob enroll --hold tpm --name vpn -",
      explanation: "nobody can copy this token out of the machine",
    },
    {
      command: "fob enroll --codes tans.txt --name tans",
      explanation: "a list of one-time passwords: `fob code tans` gives the next entry",
    },
    {
      command: "fob enroll --trace enrollment.log -",
      explanation: "an activation string, with a log for the help desk",
    },
  ],
  async run(input, context: EnrollContext): Promise<Enrolled> {
    const { drafts, online, refusals } = await readAll(input, context);
    refuseSharedName(input.name, drafts.length + online.length);
    refuseIdleOptions(input, online.length);
    const hold = parseHolding(input.hold, input.counter);
    const tags = parseTags(input.tag);
    const named = await nameDrafts(withTags(drafts, tags), input.name, context);
    refuseUnheld(named, hold);
    const notes = findingsOf(named, context.clock()).map(describeFinding);
    const onlineFindings = findingsOnline(online, input.insecure);
    if (input.dryRun) {
      const views = named.map(({ name, draft }) => viewDraft(name, draft));
      const all = [...notes, ...onlineFindings.map(describeFinding)];
      return {
        views,
        online: online.map(viewOnline),
        isDryRun: true,
        notes: all,
        failures: refusals,
      };
    }
    const isAsked = !input.yes && context.prompt.available;
    if (isAsked)
      await confirmWarnings([...named.flatMap(findingsToConfirm), ...onlineFindings], context);
    // a server may refuse: that is no reason to be silent about the risk that was taken
    else
      for (const finding of onlineFindings.filter(isWarning))
        context.tell(describeFinding(finding));
    await reachChip(hold, context);
    const servers =
      online.length === 0 ? null : new ServerEnrollments(online, { ...input, tags }, context);
    const { name, pin, replace } = input;
    const keys = servers?.keys ?? [];
    const wishes: AddingWishes = {
      ...{ by: "enroll", name, pin, replace, keepBoth: false, online: keys },
      hold,
    };
    const { stored, failures, fetched, ...added } = await addDrafts(
      named,
      wishes,
      context,
      servers,
    );
    const told = fetched ? describeFetched(fetched) : [];
    if (fetched?.failure) {
      for (const note of told) context.tell(note);
      throw fetched.failure;
    }
    refuseConflicts(failures, context);
    const views = [
      ...(fetched?.stored ?? []).map(({ index, view }) =>
        viewEnrolled(view, servers?.fetched[index]),
      ),
      ...stored.map(({ index, view }) => viewEnrolled(view, named[index])),
    ];
    return {
      views: withRecoveryCode(views, context),
      passcode: await firstPasscode(
        [...(fetched?.stored ?? []), ...stored].map(({ view }) => view),
        context,
      ),
      isDryRun: false,
      isPinMissing: (fetched?.withoutPin ?? []).length > 0,
      notes: [...notes, ...describeCounters(stored), ...added.notes, ...told],
      failures: refusals,
    };
  },
  text: (result, style) => formatEnrolled(result, style).join("\n"),
  json: (result) =>
    result.isDryRun
      ? [...result.views, ...result.online].map((view) => ({ ...view, dryRun: true }))
      : result.views,
  notes: ({ notes }) => notes,
  failures: ({ failures }) => failures,
  exitCode: (result) => (!result.isDryRun && result.isPinMissing ? 5 : 0),
});

/** The enrollment strings, and the list of one-time passwords. */
async function readAll(
  { codes, ...sources }: EnrollmentSources & { readonly codes: string | undefined },
  context: EnrollContext,
): Promise<
  Omit<Enrollments, "drafts"> & { readonly drafts: readonly EnrollmentDraft<Credential>[] }
> {
  if (codes === undefined) return readEnrollments(sources, context);
  const { enrollments, qr, clipboard, screen } = sources;
  if (enrollments.length > 0 || qr.length > 0 || clipboard || screen)
    throw new FobError("usage", t("--codes is one token: enrollment strings are for another call"));
  return { drafts: [await readListDraft(codes, context)], online: [], refusals: [] };
}

function withTags(
  drafts: readonly EnrollmentDraft<Credential>[],
  tags: readonly string[],
): readonly EnrollmentDraft<Credential>[] {
  return tags.length === 0
    ? drafts
    : drafts.map((draft) => ({ ...draft, tags: [...tags, ...(draft.tags ?? [])] }));
}

function refuseUnheld(named: readonly NamedDraft[], hold: Holding | undefined): void {
  if (hold === undefined) return;
  for (const { name, draft } of named) refuseUnholdable(name, draft.credential, hold);
}

/** Rejects where the chip cannot be used, before a server makes what could not be kept. */
async function reachChip(
  hold: Holding | undefined,
  { access }: Pick<Context, "access">,
): Promise<void> {
  if (hold !== undefined) await access.chip?.reach();
}

function describeFetched({ notes, withoutPin }: FetchedTokens): string[] {
  return [...notes, ...withoutPin.map(describeMissingPin)];
}

/**
 * A person who leaves everything as it is, and a script with a token too much: all of them are
 * enrolled, or none.
 */
function refuseConflicts(refused: readonly FobError[], context: EnrollContext): void {
  if (refused.length > 0 && context.prompt.available)
    throw new FobError("interrupted", t("nothing was enrolled"));
  refuseNothingDone({ done: [], failures: refused }, context);
}

/** Throws FobError `usage` for options about servers where no server is used. */
function refuseIdleOptions(
  { trace, insecure }: { trace: string | undefined; insecure: boolean },
  servers: number,
): void {
  const idle = [trace === undefined ? null : "--trace", insecure ? "--insecure" : null].find(
    Boolean,
  );
  if (servers > 0 || !idle) return;
  throw new FobError("usage", t`${idle} is for enrollments with a server, and there is none here`);
}

/** A new token, and our part of its secret where the issuer needs it. */
function viewEnrolled(view: TokenView, named: NamedDraft | undefined): EnrolledView {
  const clientPart = named?.draft.clientPart;
  return { ...view, ...(clientPart === undefined ? {} : { clientPart }) };
}

function viewOnline({
  name,
  issuer,
  account,
  serial,
  format,
  server,
}: Enrollments["online"][number]): OnlineView {
  return { name, issuer, account, serial, format, server };
}

function findingsOnline(online: Enrollments["online"], isInsecure: boolean): Finding[] {
  return online.flatMap(({ name, server, findings }) =>
    [...findings, ...(isInsecure ? [insecure()] : [])].map((finding) =>
      about(name ?? server, finding),
    ),
  );
}

function insecure(): Finding {
  const message = t(
    "nothing proves who this server is: whoever is on the way can take the new token, or give another one",
  );
  return { severity: "warning", code: "server-unverified", message };
}

async function confirmWarnings(
  findings: readonly Finding[],
  context: Pick<Context, "prompt">,
): Promise<void> {
  const warnings = findings.filter(isWarning);
  if (warnings.length === 0) return;
  const question = t`${warnings.map(({ message }) => message).join("; ")}. Enroll all the same?`;
  if (!(await context.prompt.confirm(question, "--yes")))
    throw new FobError("interrupted", t("nothing was enrolled"));
}

function isWarning({ severity }: Finding): boolean {
  return severity === "warning";
}

function formatEnrolled(result: Enrolled, style: Style): string[] {
  if (result.isDryRun) {
    return [
      ...result.views.map(
        (view) => t`would enroll ${style.strong(printable(view.name))} (${describeView(view)})`,
      ),
      ...result.online.map(
        (view) => t`would ask ${style.strong(printable(view.server))} for a token${forWhom(view)}`,
      ),
    ];
  }
  const enrolled = result.views.flatMap((view) => [
    t`enrolled ${style.strong(printable(view.name))} (${describeView(view)})`,
    ...(view.clientPart === undefined ? [] : describeClientPart(view.clientPart, style)),
  ]);
  return result.passcode ? [...enrolled, describeFirst(result.passcode, style)] : enrolled;
}

/** The part of the secret that a person types elsewhere: no line of the terminal breaks it. */
function describeClientPart(clientPart: string, { columns, strong }: Style): string[] {
  const what = t("type this at the issuer to finish:");
  const fits = columns === null || what.length + 1 + clientPart.length <= columns;
  return fits ? [`${what} ${strong(clientPart)}`] : [what, strong(clientPart)];
}

function forWhom({ account, format }: OnlineView): string {
  return account === null ? ` (${format})` : t` for ${printable(account)} (${format})`;
}
