import { FobError } from "#base/fob-error.ts";
import { again, plural, t } from "#base/language.ts";
import { UNCOLORED } from "#cli/output/style.ts";
import { type EnrollContext, type Enrolled, enroll } from "#commands/enroll/enroll.ts";
import { type InspectContext, inspect } from "#commands/enroll/inspect.ts";
import { DRAFT_DEPARTURE, type Inspection } from "#commands/enroll/inspection.ts";
import { nameSome } from "#commands/naming.ts";
import { withKnownScheme } from "#commands/tiqr-scheme.ts";
import { describeView } from "#commands/tokens/token-view.ts";
import { recognizeOnline } from "#enrollment/recognize.ts";

/** More names than this say no more. */
const MAX_NAMED = 3;

/** What enrolling by a link needs. */
export type LinkEnrollmentContext = EnrollContext & InspectContext;

/**
 * Shows what a link would enroll, asks, and enrolls it. Nothing is stored or sent before the
 * person has agreed. Throws FobError `interrupted` for a no, `invalid` for what cannot be enrolled.
 */
export async function enrollByLink(
  link: string,
  context: LinkEnrollmentContext,
): Promise<Enrolled> {
  const reading = { ...context, readInput: async () => link };
  const inspection = await inspect.run(FROM_INPUT, reading);
  refuseUseless(inspection);
  show(inspection, context);
  if (!(await context.prompt.confirm(question(link, inspection, context), INSTEAD)))
    throw new FobError("interrupted", t("nothing was enrolled"));
  return enroll.run(NO_WISHES, reading);
}

const INSTEAD = "`fob enroll -`";

const FROM_INPUT = { enrollment: "-", qr: undefined, keyFile: undefined, reveal: false } as const;

/** What is read of standard input, without questions about what the person has seen already. */
const NO_WISHES = {
  enrollments: ["-"],
  qr: [],
  clipboard: false,
  codes: undefined,
  screen: false,
  name: undefined,
  tag: undefined,
  dryRun: false,
  replace: false,
  yes: true,
  pin: false,
  hold: undefined,
  counter: undefined,
  trace: undefined,
  insecure: false,
} as const;

function refuseUseless({ isEnrollable, findings }: Inspection): void {
  if (isEnrollable) return;
  const [first] = findings;
  throw new FobError("invalid", again(first?.message ?? t("this link cannot be enrolled")));
}

/**
 * What `fob inspect` shows, but for what the question warns of, and what only issuers can change.
 */
function show(inspection: Inspection, { tell }: Pick<LinkEnrollmentContext, "tell">): void {
  tell(t("A link of another program wants a token to be added:"));
  const findings = inspection.findings.filter(
    (finding) => !isWarning(finding) && finding.code !== DRAFT_DEPARTURE,
  );
  for (const line of inspect.text({ ...inspection, findings }, UNCOLORED).split("\n")) tell(line);
}

function isWarning({ severity }: Inspection["findings"][number]): boolean {
  return severity === "warning";
}

/** One line that says all that matters: a pinentry shows nothing else. */
function question(
  link: string,
  { tokens, findings }: Inspection,
  context: Pick<LinkEnrollmentContext, "settings">,
): string {
  const warnings = findings.filter(isWarning).map(({ message }) => again(message));
  const said = warnings.length === 0 ? "" : t`${warnings.join("; ")}. `;
  const online = recognizeOnline(withKnownScheme(link, context));
  if (online) {
    const { server, account } = online;
    return account === null
      ? t`${said}Ask ${server} for a new token?`
      : t`${said}Ask ${server} for a new token for ${account}?`;
  }
  const views = tokens.flatMap(({ view }) => view ?? []);
  const [only, ...others] = views;
  if (only && others.length === 0) return t`${said}Add ${nameOf(only)} (${describeView(only)})?`;
  const names = nameSome(views.map(nameOf), MAX_NAMED);
  return t`${said}Add ${plural(views.length, "token")}: ${names}?`;
}

function nameOf({
  name,
  issuer,
  account,
}: {
  readonly name: string;
  readonly issuer: string | null;
  readonly account: string | null;
}): string {
  const parts = [issuer, account].filter((part) => part !== null && part !== "");
  return parts.length > 0 ? parts.join(", ") : name || t("a token without a name");
}
