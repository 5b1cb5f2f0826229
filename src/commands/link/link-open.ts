import { asFobError } from "#base/file-error.ts";
import { FobError } from "#base/fob-error.ts";
import { type Text, t, translated } from "#base/language.ts";
import { defineCommand, flag, optional, value } from "#cli/command.ts";
import type { Context } from "#cli/context.ts";
import type { Links, QuestionClaim } from "#cli/links.ts";
import { UNCOLORED } from "#cli/output/style.ts";
import { formatFields } from "#cli/output/table.ts";
import { type Enrolled, enroll } from "#commands/enroll/enroll.ts";
import {
  approveTiqr,
  formatTiqrLogin,
  type TiqrContext,
  type TiqrLogin,
  tiqrLoginJson,
} from "#commands/push/tiqr-answer.ts";
import { withKnownScheme } from "#commands/tiqr-scheme.ts";
import { isTiqrChallenge, parseTiqrChallenge } from "#push/tiqr/tiqr.ts";
import { enrollByLink, type LinkEnrollmentContext } from "./link-enrollment.ts";
import { linkSchemes } from "./link-schemes.ts";
import { checkLink, MAX_LINK } from "./link-text.ts";

type LinkOpenContext = LinkEnrollmentContext &
  TiqrContext &
  Pick<Context, "complain" | "links" | "readInput" | "settings" | "tell">;

type Opened = { readonly leave: (() => Promise<void>) | null } & (
  | { readonly kind: "enrollment"; readonly enrolled: Enrolled }
  | { readonly kind: "login"; readonly login: TiqrLogin }
  /** A window of its own asks about it. */
  | { readonly kind: "window" }
);

/** `fob link open`: shows what a link is and asks, before anything is stored or sent. */
export const linkOpen = defineCommand({
  name: "link open",
  summary: "show what a link is, and ask before anything is done",
  description:
    "An enrollment link is shown as `fob inspect` shows it, with the server that would be asked; a login link with who asks and where. " +
    "Nothing is stored, sent or used up before a person has agreed, and one link at a time is asked about. - reads the link from standard " +
    "input, so that no other user sees it among the processes.",
  arguments: { url: optional("URL", "the link; - reads standard input") },
  options: {
    window: flag("ask in a window of its own, as the desktop wants it"),
    take: value("FILE", "read the link from this file, which is removed", "file"),
  },
  examples: [
    { command: "fob link open -", explanation: "a link on standard input" },
    {
      command: "fob link open 'tiqrauth://ann@acme.example/...'",
      explanation: "approves a login, after a question",
    },
  ],
  hasForeignInput: true,
  async run({ url, window, take }, context: LinkOpenContext): Promise<Opened> {
    const links = await context.links();
    if (url !== undefined) links.hideArgument(url);
    if (take === undefined && window && links.handOver) {
      await links.handOver(checkLink(await givenLink(url, context), linkSchemes(context)));
      return { kind: "window", leave: null };
    }
    if (!window) {
      const claimed = await claimLink(url, take, links, context);
      if (url !== undefined && url !== "-") context.tell(translated(SEEN));
      return ask(claimed, null, context);
    }
    const leave = () => waitToLeave(context);
    try {
      return await ask(await claimLink(url, take, links, context), leave, context);
    } catch (error) {
      throw await shownInWindow(asFobError(error), context);
    }
  },
  text: (opened, style) => {
    if (opened.kind === "enrollment") return enroll.text(opened.enrolled, style);
    return opened.kind === "login" ? formatTiqrLogin(opened.login, style) : "";
  },
  json: (opened) => ({
    kind: opened.kind,
    tokens: opened.kind === "enrollment" ? enroll.json(opened.enrolled) : [],
    login: opened.kind === "login" ? tiqrLoginJson(opened.login) : null,
  }),
  notes: (opened) => (opened.kind === "enrollment" ? (enroll.notes?.(opened.enrolled) ?? []) : []),
  failures: (opened) =>
    opened.kind === "enrollment" ? (enroll.failures?.(opened.enrolled) ?? []) : [],
  goOn: async ({ leave }) => leave?.(),
  exitCode: (opened) =>
    opened.kind === "enrollment" ? (enroll.exitCode?.(opened.enrolled) ?? 0) : 0,
});

const SEEN: Text =
  "warning: a secret on the command line is seen by other processes and the shell's history; `fob link open -` reads it from standard input";

/** A link that no other process asks about. */
interface ClaimedLink {
  readonly link: string;
  readonly claim: QuestionClaim;
}

async function givenLink(
  url: string | undefined,
  { readInput }: Pick<Context, "readInput">,
): Promise<string> {
  if (url === undefined) throw new FobError("usage", t("a URL is needed, or - for standard input"));
  return url === "-" ? readInput() : url;
}

async function claimLink(
  url: string | undefined,
  take: string | undefined,
  links: Links,
  context: Pick<Context, "readInput" | "settings">,
): Promise<ClaimedLink> {
  if (take !== undefined) {
    if (url !== undefined) throw new FobError("usage", t("URL and --take exclude each other"));
    return links.takeLink(take, MAX_LINK);
  }
  const link = checkLink(await givenLink(url, context), linkSchemes(context));
  return { link, claim: links.claimQuestion() };
}

async function ask(
  { link: given, claim }: ClaimedLink,
  leave: Opened["leave"],
  context: LinkOpenContext,
): Promise<Opened> {
  try {
    const link = checkLink(given, linkSchemes(context));
    const known = withKnownScheme(link, context);
    if (isTiqrChallenge(known))
      return { kind: "login", login: await logInByLink(known, context), leave };
    return { kind: "enrollment", enrolled: await enrollByLink(link, context), leave };
  } finally {
    claim.release();
  }
}

async function logInByLink(text: string, context: LinkOpenContext): Promise<TiqrLogin> {
  const { service, identity, place } = parseTiqrChallenge(text);
  const fields = formatFields(
    [
      [t("service"), service],
      [t("account"), identity],
      [t("place"), place],
    ],
    UNCOLORED,
  );
  context.tell(t("A link of another program wants a login to be approved:"));
  for (const line of fields.split("\n")) context.tell(line);
  return approveTiqr({ text, name: undefined }, false, context);
}

/** Shows an error before its window closes. A person who has stopped the work knows. */
async function shownInWindow(error: FobError, context: LinkOpenContext): Promise<FobError> {
  if (error.code === "interrupted") return error;
  context.complain(error);
  await waitToLeave(context);
  const { code, message, exitCode } = error;
  return new FobError(code, message, { cause: error, exitCode, isSilent: true });
}

async function waitToLeave({ prompt }: Pick<Context, "prompt">): Promise<void> {
  if (!prompt.available) return;
  const work = ({ signal }: { readonly signal: AbortSignal }) =>
    new Promise<void>((resolve) => signal.addEventListener("abort", () => resolve()));
  try {
    await prompt.wait(t("Press Enter to close this window."), work);
  } catch (error) {
    // Ctrl-C closes it as well
    if (!(error instanceof FobError)) throw error;
  }
}
