import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { shellWord } from "#base/shell-word.ts";
import { defineCommand, flag, optionalValue } from "#cli/command.ts";
import type { Context } from "#cli/context.ts";
import { checkQr, drawQr, type QrContext } from "#commands/asked-qr.ts";
import { formatInvitation, INVITATION_MS, newInvitation } from "#sync/members/invitation.ts";
import type { Approve } from "#sync/round/join-requests.ts";
import { removedHere } from "#sync/round/no-member.ts";
import { runRound } from "#sync/round/round.ts";
import { readSyncState, writeSyncState } from "#sync/round/sync-state.ts";
import { approval } from "./approval.ts";
import { foreignRequest } from "./round-view.ts";
import { openSession, type Session, type SessionContext } from "./sync-session.ts";

type InviteContext = SessionContext &
  QrContext &
  Pick<Context, "emit" | "prompt" | "sleep" | "tell">;

/** How often a waiting device looks at the remote, in milliseconds. */
export const LOOK_AGAIN_MS = 2_000;

/** `fob sync invite`: lets another device join. */
export const syncInvite = defineCommand({
  name: "sync invite",
  summary: "let another device join: prints an invitation",
  description:
    "The invitation is a secret, and good for one device and 15 minutes: type or scan it on the other device with `fob sync join`. Then " +
    "`fob sync` here (or --wait) shows the words that the other screen shows, and asks.",
  arguments: {},
  options: {
    wait: flag("wait for the other device, and ask whether it may join"),
    yes: flag("with --wait: let whoever has the invitation join, without comparing words"),
    qr: optionalValue(
      "FILE",
      "draw a QR code in the terminal, or into a new .png or .svg file",
      "file",
    ),
  },
  examples: [{ command: "fob sync invite --qr --wait", explanation: "draws it, waits, and asks" }],
  async run({ wait, yes, qr }, context: InviteContext) {
    checkQr(qr, context);
    const session = await openSession(context);
    const { state, work } = session;
    if (state.chain.length === 0)
      throw new FobError("usage", t("this device is no member yet, and cannot invite others"));
    if (state.isRemoved) throw removedHere();
    const now = context.clock();
    const invitation = newInvitation(state.remote, state.genesis, now);
    writeSyncState(work.vault, state, {
      ...state,
      invitations: [...state.invitations, invitation],
    });
    const text = formatInvitation(invitation);
    const { drawing, file } = await drawQr(text, qr, context);
    const result = { invitation: text, drawing, file, expiresAt: new Date(invitation.expires) };
    if (!wait) return { ...result, approved: null };
    const shown = drawing ?? text;
    await context.emit({
      text: () => shown,
      json: { invitation: text, file, expiresAt: result.expiresAt },
    });
    context.tell(t("waiting for the other device; Ctrl-C ends that"));
    return { ...result, approved: await untilJoined(session, invitation.id, yes, context) };
  },
  text: ({ invitation, drawing, file, approved }) =>
    approved === null
      ? (drawing ?? (file === null ? invitation : t`drawn into ${file}`))
      : t`${approved} has joined`,
  json: ({ invitation, file, expiresAt, approved }) =>
    approved === null ? { invitation, file, expiresAt } : { approved },
  notes: ({ approved }) =>
    approved === null
      ? [t("good for 15 minutes: `fob sync join` on the other device, then `fob sync` here")]
      : [],
});

/** Looks for the request until it is decided about. Returns the new member's name. */
async function untilJoined(
  { work }: Session,
  id: string,
  isTrusted: boolean,
  context: InviteContext,
): Promise<string> {
  const person = approval(undefined, context);
  // who asked with an earlier invitation is not the one that is waited for here
  let unanswered: { readonly name: string; readonly words: string } | null = null;
  const ask: Approve = async (request, words, invitation) => {
    if (invitation !== id) return null;
    const answer = isTrusted || (await person(request, words, invitation));
    if (answer === null) unanswered = { name: request.name, words };
    return answer;
  };
  for (let waited = 0; waited < INVITATION_MS; waited += LOOK_AGAIN_MS) {
    await context.look();
    const state = readSyncState(work.vault);
    if (!state?.invitations.some((one) => one.id === id)) break;
    const { report } = await runRound(work, { approve: ask });
    if (report.foreignRequests > 0) context.tell(foreignRequest());
    const [name] = report.approved;
    if (name !== undefined) return name;
    if (unanswered !== null) throw nobodyCompared(unanswered);
    await context.sleep(LOOK_AGAIN_MS);
  }
  throw new FobError("rejected", t("no device has joined with this invitation"));
}

function nobodyCompared({
  name,
  words,
}: {
  readonly name: string;
  readonly words: string;
}): FobError {
  return new FobError("locked", t`${name} asks to join, and nobody is here to compare`, {
    hint: t`\`fob sync --approve ${shellWord(words)}\` if its screen shows the same`,
  });
}
