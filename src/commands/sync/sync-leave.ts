import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { defineCommand, flag } from "#cli/command.ts";
import type { Context } from "#cli/context.ts";
import { extendChain, readMembership, toMember } from "#sync/members/member-chain.ts";
import { forgetSync } from "#sync/round/beginning.ts";
import { runRound } from "#sync/round/round.ts";
import { nameIn } from "#sync/tokens/shared-token.ts";
import { openSession, type Session, type SessionContext } from "./sync-session.ts";

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
    const session = await openSession(context);
    const { state, work } = session;
    if (!local) refuseUnderWay(session);
    const question = t`Leave ${state.remote}?`;
    if (!yes && !(await context.prompt.confirm(question, "--yes")))
      throw new FobError("interrupted", t("nothing was changed"));
    const isTold = !local && state.chain.length > 0 && (await tell(session, context));
    await forgetSync(work);
    return { device: state.name, remote: state.remote, isTold };
  },
  text: ({ remote }) => t`left ${remote}; all tokens stay here`,
  json: ({ device, remote, isTold }) => ({ device, remote, told: isTold }),
});

/**
 * Throws FobError `denied` where this device has released a token that the other one may not have
 * stored: it takes nothing over from a device that is no member.
 */
function refuseUnderWay({ state, device }: Session): void {
  const { members } = state.chain.length > 0 ? readMembership(state.chain) : { members: [] };
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

/** Tells the other devices. False where they have removed this one already. */
async function tell({ state, work }: Session, { clock }: Pick<Context, "clock">): Promise<boolean> {
  const self = toMember(state.name, state.keys);
  try {
    await runRound(work, {
      changeMembers: (chain, { members }) => {
        const member = members.find(({ id }) => id === self.id);
        return member
          ? extendChain(chain, { action: "remove", member, at: clock() }, state.keys)
          : chain;
      },
    });
    return true;
  } catch (error) {
    if (error instanceof FobError && error.code === "denied") return false;
    if (error instanceof FobError && error.code === "unavailable") {
      throw new FobError("unavailable", error.message, {
        cause: error,
        hint: t("`fob sync leave --local` leaves without telling the other devices"),
      });
    }
    throw error;
  }
}
