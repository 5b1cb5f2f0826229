import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { shellWord } from "#base/shell-word.ts";
import { defineCommand, flag } from "#cli/command.ts";
import type { Context } from "#cli/context.ts";
import { existingVault } from "#commands/lookup.ts";
import type { Invitation } from "#sync/members/invitation.ts";
import { extendChain, membersIn, toMember } from "#sync/members/member-chain.ts";
import { forgetSync } from "#sync/round/beginning.ts";
import { isRemovedHere } from "#sync/round/no-member.ts";
import { runRound } from "#sync/round/round.ts";
import type { RoundReport } from "#sync/round/round-report.ts";
import { readSyncState } from "#sync/round/sync-state.ts";
import { isInUse, nameIn } from "#sync/tokens/shared-token.ts";
import { isDamage } from "#token/newer.ts";
import { printable } from "#token/printable.ts";
import { removedIds } from "#vault/trash/removal.ts";
import { openSession, type Session, type SessionContext, workOn } from "./sync-session.ts";

/** `fob sync leave`: takes this device out. */
export const syncLeave = defineCommand({
  name: "sync leave",
  summary: "take this device out; its tokens stay here",
  arguments: {},
  options: {
    local: flag("tell nobody: for a remote that is gone, or a device that was removed"),
    yes: flag("do not ask"),
  },
  examples: [{ command: "fob sync leave", explanation: "asks, then tells the other devices" }],
  async run({ local, yes }, context: SessionContext & Pick<Context, "prompt">) {
    if (local && (await isStateDamaged(context))) return leaveDamaged(yes, context);
    const session = await openSession(context);
    const { state, work } = session;
    if (!local) refuseUnderWay(session);
    const question = t`Leave ${state.remote}?`;
    if (!yes && !(await context.prompt.confirm(question, "--yes")))
      throw new FobError("interrupted", t("nothing was changed"));
    if (!local && state.joining) await withdraw(session, state.joining);
    const told = !local && state.chain.length > 0 ? await tell(session, context) : null;
    const isLast = told?.members.length === 0;
    // nobody but the recovery identity could read it
    const isGone = isLast && (await work.repository.discard("device", session.device));
    const isEmptied = isGone && told?.strangers.length === 0;
    await forgetSync(work);
    const device = state.name;
    const moves = told === null ? movesOf(session) : { coming: [], leaving: [] };
    return { device, remote: state.remote, isTold: told !== null, isEmptied, ...moves };
  },
  text({ remote, leaving }) {
    if (remote === null) return t("forgot the synchronisation; all tokens stay here");
    return leaving.length > 0 ? t`left ${remote}` : t`left ${remote}; all tokens stay here`;
  },
  json: ({ device, remote, isTold, isEmptied }) => ({
    device,
    remote,
    told: isTold,
    emptied: isEmptied,
  }),
  notes: ({ isEmptied, coming, leaving }) => [
    ...leaving.map(({ name, to, restorable }) =>
      printable(
        restorable === null
          ? t`${name} is not here any more: it is on its way to ${to}`
          : t`${name} is not here any more: it was to go to ${to}; \`fob restore ${shellWord(restorable)}\` brings it back, if it has not arrived there`,
      ),
    ),
    ...coming.map(({ name, from, here }) =>
      printable(
        t`${name} was on its way here: \`fob sync remove ${shellWord(here)}\` on ${from} keeps it there`,
      ),
    ),
    ...(isEmptied
      ? [t("this was the last device: the repository is empty again, for another `fob sync init`")]
      : []),
  ],
});

/**
 * The tokens that this device was to get, or has released: nobody is told that it has left. What it
 * has released can be restored as long as the release was not sent.
 */
function movesOf({ state, device, work: { vault } }: Session) {
  const members = membersIn(state.chain);
  const nameOf = (id: string | null) => members.find((member) => member.id === id)?.name ?? null;
  const removed = new Set(removedIds(vault));
  const here = nameOf(device) ?? state.name;
  const coming: { readonly name: string; readonly from: string; readonly here: string }[] = [];
  const leaving: {
    readonly name: string;
    readonly to: string;
    readonly restorable: string | null;
  }[] = [];
  for (const { shared } of Object.values(state.tokens)) {
    const holder = shared.holder?.value;
    if (!holder || !isInUse(shared)) continue;
    const [from, to] = [nameOf(holder.from), nameOf(holder.device)];
    const name = nameIn(shared);
    if (holder.device === device && from !== null) coming.push({ name, from, here });
    else if (holder.from === device && holder.step === "released" && to !== null)
      leaving.push({ name, to, restorable: removed.has(shared.token) ? shared.token : null });
  }
  return { coming, leaving };
}

/** Takes the request to join from the remote: nobody is to let a device in that has gone. */
async function withdraw(
  { state, work: { repository } }: Session,
  { id }: Pick<Invitation, "id">,
): Promise<void> {
  await repository.open(state.remote);
  await repository.discard("request", id);
}

async function isStateDamaged(context: SessionContext): Promise<boolean> {
  try {
    readSyncState(await existingVault(context));
    return false;
  } catch (error) {
    if (isDamage(error)) return true;
    throw error;
  }
}

/** Forgets a synchronisation of which nothing can be read. */
async function leaveDamaged(yes: boolean, context: SessionContext & Pick<Context, "prompt">) {
  const question = t("Forget the synchronisation?");
  if (!yes && !(await context.prompt.confirm(question, "--yes")))
    throw new FobError("interrupted", t("nothing was changed"));
  await forgetSync(workOn(await existingVault(context), context));
  return { device: null, remote: null, isTold: false, isEmptied: false, coming: [], leaving: [] };
}

/**
 * Throws FobError `denied` where this device has released a token that the other one may not have
 * stored: it takes nothing over from a device that is no member.
 */
function refuseUnderWay({ state, device }: Session): void {
  const members = membersIn(state.chain);
  for (const { shared } of Object.values(state.tokens)) {
    const holder = shared.holder?.value;
    if (holder?.step !== "released" || holder.from !== device) continue;
    const receiver = members.find(({ id }) => id === holder.device);
    if (!receiver) continue;
    throw new FobError("denied", t`${nameIn(shared)} is on its way to ${receiver.name}`, {
      hint: t("`fob sync` there, then here, and leave after that"),
    });
  }
}

/** Tells the other devices. Null where they have removed this one already. */
async function tell(
  { state, work }: Session,
  { clock }: Pick<Context, "clock">,
): Promise<RoundReport | null> {
  const self = toMember(state.name, state.keys);
  try {
    const { report } = await runRound(work, {
      changeMembers: (chain, { members }) => {
        const member = members.find(({ id }) => id === self.id);
        return member
          ? extendChain(chain, { action: "remove", member, at: clock() }, state.keys)
          : chain;
      },
    });
    return report;
  } catch (error) {
    if (isRemovedHere(error)) return null;
    if (error instanceof FobError && error.code === "unavailable") {
      throw new FobError("unavailable", error.message, {
        cause: error,
        hint: t("`fob sync leave --local` leaves without telling the other devices"),
      });
    }
    throw error;
  }
}
