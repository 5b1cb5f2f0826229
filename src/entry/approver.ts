import type { ApprovalAnswer, AskingProgram, AskPerson } from "#agent/server/approvals.ts";
import { FobError } from "#base/fob-error.ts";
import { plural, t } from "#base/language.ts";
import { untilFirst } from "#base/until-first.ts";
import type { Pinentry } from "#cli/prompt/pinentry.ts";
import type { PeerProgram } from "#platform/agent/peer-program.ts";
import type { Notifier } from "#push/notifier.ts";
import { printable } from "#token/printable.ts";
import { cannotBeAsked } from "#vault/pins/approval.ts";
import type { TokenUse } from "#vault/pins/pin-prompt.ts";

/** How long a question waits for an answer, in milliseconds. */
export const ANSWER_MS = 30_000;

/** The longest question, in characters: what a window cuts off, nobody has read. */
const MAX_QUESTION = 480;

/** The ways to ask a person at a desktop; null for one that is not there. */
interface Ways {
  readonly notifier: Notifier | null;
  readonly pinentry: Pinentry | null;
}

/** Asks by a notification with buttons; where there is none, by a pinentry. */
export function approver({ notifier, pinentry }: Ways): AskPerson {
  return async ({ use, program, lastHour }, end) => {
    const body = describeUse(use, program, lastHour);
    return untilFirst([end, ANSWER_MS], async (over) => {
      const pressed = notifier && (await askByNotice(notifier, body, over));
      if (pressed) return pressed;
      if (!pinentry) throw cannotBeAsked(use);
      return askByPinentry(pinentry, body, over);
    });
  };
}

/** The question about a use. Throws FobError `denied` for one that cannot be shown whole. */
export function describeUse(use: TokenUse, { origin }: AskingProgram, lastHour: number | null) {
  const { token, grantLabel } = use;
  const lines = [
    t`Token: ${token.name}`,
    t`Program: ${origin ?? t("unknown: the system does not tell")}`,
    ...(grantLabel === null ? [] : [t`Grant: ${grantLabel}`]),
    ...(lastHour === null ? [] : [t`Asked in the last hour: ${plural(lastHour, "time")}`]),
  ];
  const body = lines.map((line) => printable(line)).join("\n");
  if (body.length <= MAX_QUESTION) return body;
  throw new FobError("denied", t`the question about ${token.name} is too long to be shown whole`);
}

/** A program as the question shows it. */
export function askingProgram(peer: PeerProgram | null): AskingProgram {
  if (!peer) return { key: null, origin: null, isOwnTerminal: false };
  const { key, path, script, parents, isOwnTerminal } = peer;
  const run = script === null ? path : `${path} ${script}`;
  const from = parents.length === 0 ? "" : ` < ${parents.join(" < ")}`;
  return { key, origin: `${run}${from}`, isOwnTerminal };
}

/** Null where no notification can be shown. */
async function askByNotice(
  notifier: Notifier,
  body: string,
  over: AbortSignal,
): Promise<ApprovalAnswer | null> {
  try {
    const pressed = await notifier.ask(
      {
        title: t("fob: may this program use the token?"),
        body,
        actions: [
          { id: "once", label: t("Approve once") },
          { id: "deny", label: t("Deny") },
          { id: "while", label: t("Approve for 5 minutes") },
        ],
      },
      { signal: over, timeout: ANSWER_MS },
    );
    return pressed === "once" || pressed === "while" ? pressed : "deny";
  } catch (error) {
    if (error instanceof FobError && error.code === "unavailable") return null;
    throw error;
  }
}

async function askByPinentry(
  pinentry: Pinentry,
  body: string,
  over: AbortSignal,
): Promise<ApprovalAnswer> {
  const description = `${t("May this program use the token?")}\n${body}`;
  const question = {
    title: "fob",
    description,
    patience: ANSWER_MS / 1000,
    yes: t("Approve once"),
    no: t("Deny"),
  };
  try {
    return (await pinentry.confirm(question, over)) ? "once" : "deny";
  } catch (error) {
    if (!(error instanceof FobError)) throw error;
    // a pinentry that nobody answers, that fails or lies: nobody agreed
    return "deny";
  }
}
