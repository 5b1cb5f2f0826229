import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { ownValue } from "#base/own-value.ts";
import { defineCommand, flag, required } from "#cli/command.ts";
import type { Context } from "#cli/context.ts";
import { extendChain } from "#sync/members/member-chain.ts";
import { shownName } from "#sync/round/display-names.ts";
import { runRound, type Wishes } from "#sync/round/round.ts";
import { isInUse } from "#sync/tokens/shared-token.ts";
import { printable } from "#token/printable.ts";
import { roundNotes } from "./round-view.ts";
import { findMember, openSession, type SessionContext } from "./sync-session.ts";

/** `fob sync remove`: takes a device out. */
export const syncRemove = defineCommand({
  name: "sync remove",
  summary: "take a device out: it gets nothing new from now on",
  description:
    "Encrypts everything anew for the devices that stay. What the removed device has, it still has: its tokens must be enrolled anew at " +
    "their issuers if it is lost. They are listed.",
  arguments: { device: required("DEVICE", "name or id of a member") },
  options: { yes: flag("do not ask") },
  examples: [{ command: "fob sync remove old-laptop", explanation: "asks, then removes it" }],
  async run({ device: target, yes }, context: SessionContext & Pick<Context, "prompt">) {
    const { state, work, device } = await openSession(context);
    const member = findMember(state, target);
    if (member.id === device) {
      throw new FobError("usage", t("this is the device that you are at"), {
        hint: t("`fob sync leave` takes it out"),
      });
    }
    if (!yes && !(await context.prompt.confirm(t`Take ${member.name} out?`, "--yes")))
      throw new FobError("interrupted", t("nothing was changed"));
    const wishes: Wishes = {
      changeMembers: (chain, { members }) =>
        members.some(({ id }) => id === member.id)
          ? extendChain(chain, { action: "remove", member, at: context.clock() }, state.keys)
          : chain,
    };
    const { state: after, report } = await runRound(work, wishes).catch((error) => {
      if (!isRefusal(error)) throw error;
      // what is wrong may be the very device that is to go
      return runRound(work, { ...wishes, ignored: member.id });
    });
    const tokens = Object.values(after.tokens)
      .filter(
        ({ shared }) =>
          isInUse(shared) && (!shared.holder || shared.holder.value.device === member.id),
      )
      .map((known) => shownName(known, work.vault))
      .sort();
    const back = Object.entries(state.tokens).flatMap(([id, { shared }]) => {
      const { step, from, device: to } = shared.holder?.value ?? {};
      const known = ownValue(after.tokens, id);
      const wasReleased = step === "released" && from === device && to === member.id;
      return wasReleased && known?.local ? [shownName(known, work.vault)] : [];
    });
    return { id: member.id, name: member.name, tokens, back, report };
  },
  text: ({ name }) => printable(t`took ${name} out; everything is encrypted anew`),
  json: ({ id, name, tokens }) => ({ id, name, tokens }),
  notes: ({ name, tokens, back, report }) => [
    ...(tokens.length > 0
      ? [
          t`what ${name} had, it still has: enroll these anew if it is not in your hands: ${tokens.join(", ")}`,
        ].map(printable)
      : []),
    ...back.map((token) => printable(t`${token} was on its way to ${name}, and is here again`)),
    ...roundNotes(report),
  ],
});

function isRefusal(error: unknown): boolean {
  return error instanceof FobError && (error.code === "rejected" || error.code === "invalid");
}
