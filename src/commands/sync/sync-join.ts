import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { defineCommand, flag, optional, value } from "#cli/command.ts";
import type { Context } from "#cli/context.ts";
import { checkRemote } from "#sync/git/address.ts";
import { parseInvitation } from "#sync/members/invitation.ts";
import { askToJoin, refuseSecond } from "#sync/round/beginning.ts";
import { isNotApprovedYet, isRefused } from "#sync/round/no-member.ts";
import { type RoundWork, runRound } from "#sync/round/round.ts";
import type { RoundReport } from "#sync/round/round-report.ts";
import { describeRound, roundJson, roundNotes } from "./round-view.ts";
import { LOOK_AGAIN_MS } from "./sync-invite.ts";
import { nameOfDevice, type WorkContext, workOn } from "./sync-session.ts";

type JoinContext = WorkContext &
  Pick<
    Context,
    "ensureVault" | "newRecoveryCode" | "prompt" | "readInput" | "readPicture" | "sleep" | "tell"
  >;

/** `fob sync join`: joins with an invitation. */
export const syncJoin = defineCommand({
  name: "sync join",
  summary: "join with an invitation of another device",
  description:
    "Asks for the invitation that `fob sync invite` printed, sends a request, and shows words: the other device shows the same ones and asks " +
    "whether it may join. At a terminal, and with --wait, it waits for that; else `fob sync` goes on later.",
  arguments: { invitation: optional("INVITATION", "fob-sync:..., or - for standard input") },
  options: {
    name: value("DEVICE", "what the other devices call this one; its host name without"),
    qr: value("FILE", "read the invitation from a picture", "file"),
    remote: value(
      "ADDRESS",
      "where the repository is from here, if not as the invitation says",
      "folder",
    ),
    wait: flag("wait until the other device has approved"),
  },
  examples: [
    { command: "fob sync join --name desktop", explanation: "asks for the invitation" },
    { command: "fob sync join - --name desktop < invitation", explanation: "from a script" },
  ],
  async run({ invitation: given, name: givenName, qr, remote, wait }, context: JoinContext) {
    const name = nameOfDevice(givenName);
    const own = remote === undefined ? undefined : checkRemote(remote);
    const parsed = parseInvitation(await readInvitation(given, qr, context));
    const invitation = { ...parsed, remote: own ?? parsed.remote };
    checkRemote(invitation.remote);
    const vault = await context.ensureVault();
    refuseSecond(vault);
    const work = workOn(vault, context);
    const { words } = await askToJoin(work, invitation, name);
    const result = { name, words, recoveryCode: context.newRecoveryCode() };
    if (!wait && !context.prompt.available) return { ...result, report: null };
    context.tell(t`the words of this device: ${words}`);
    context.tell(t("waiting until the other device has approved; `fob sync` goes on after Ctrl-C"));
    return { ...result, report: await untilApproved(work, invitation.expires, context) };
  },
  text: ({ name, words, report }, style) =>
    report
      ? [t`joined as ${style.strong(name)}`, describeRound(report, style)].join("\n")
      : t`asked to join as ${style.strong(name)}, with the words ${style.strong(words)}`,
  json: ({ name, words, report, recoveryCode }) => ({
    device: name,
    words,
    joined: report !== null,
    ...(report ? { round: roundJson(report) } : {}),
    ...(recoveryCode === null ? {} : { recoveryCode }),
  }),
  notes: ({ report }) =>
    report
      ? roundNotes(report)
      : [t("compare the words with those that the other device shows, then `fob sync` here")],
});

async function readInvitation(
  given: string | undefined,
  qr: string | undefined,
  { prompt, readInput, readPicture }: JoinContext,
): Promise<string> {
  if (given !== undefined && qr !== undefined)
    throw new FobError("usage", t("INVITATION and --qr exclude each other"));
  if (qr !== undefined) {
    const texts = await readPicture(qr);
    return texts.find((text) => text.startsWith("fob-sync:")) ?? texts[0] ?? "";
  }
  if (given === "-") return readInput();
  return (
    given ??
    prompt.secret(t("Invitation (it is not shown)"), t("INVITATION, - for standard input, or --qr"))
  );
}

/** A request may be gone a moment before the approval arrives, in a synchronised folder say. */
const LOOKS_AFTER_REFUSAL = 3;

/** Runs rounds until the device is a member, was refused, or the invitation has expired. */
async function untilApproved(
  work: RoundWork,
  expires: number,
  { clock, sleep }: JoinContext,
): Promise<RoundReport> {
  let refusals = 0;
  for (;;) {
    await work.look();
    try {
      return (await runRound(work)).report;
    } catch (error) {
      refusals = isRefused(error) ? refusals + 1 : 0;
      const goesOn = isNotApprovedYet(error) || (refusals > 0 && refusals < LOOKS_AFTER_REFUSAL);
      if (!goesOn || clock().getTime() > expires) throw error;
    }
    await sleep(LOOK_AGAIN_MS);
  }
}
