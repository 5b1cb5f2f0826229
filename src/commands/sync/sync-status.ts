import { original, plural, t } from "#base/language.ts";
import { shellWord } from "#base/shell-word.ts";
import { defineCommand } from "#cli/command.ts";
import type { Context } from "#cli/context.ts";
import { deviceId } from "#sync/keys/device-keys.ts";
import { requestWords } from "#sync/members/invitation.ts";
import { readMembership } from "#sync/members/member-chain.ts";
import type { SyncState } from "#sync/round/sync-state.ts";
import { lastFailure } from "#sync/round/turns.ts";
import { isInUse, nameIn } from "#sync/tokens/shared-token.ts";
import { printable } from "#token/printable.ts";
import { openState } from "./sync-session.ts";

/** `fob sync status`: what is synchronised with whom. */
export const syncStatus = defineCommand({
  name: "sync status",
  summary: "say what is synchronised with whom, and when it last was",
  description: "As of the last `fob sync`: it asks no remote.",
  arguments: {},
  options: {},
  examples: [{ command: "fob sync status", explanation: "remote, devices, tokens" }],
  isDelegable: () => true,
  async run(_, context: Pick<Context, "findVault">) {
    const { vault, state } = await openState(context);
    const failure = lastFailure(vault);
    return {
      ...statusOf(state, deviceId(state.keys)),
      failure: failure && {
        at: failure.at,
        code: failure.error.code,
        message: failure.error.message,
      },
    };
  },
  text: (status) =>
    [
      t`remote: ${status.remote}`,
      t`this device: ${status.device}`,
      devicesLine(status),
      t`shared: ${plural(status.tokens.length, "token")}`,
      ...status.waiting.map((name) => t`wants a PIN: ${name}`),
      ...status.doubled.map(
        ({ name, device }) => t`counts on two devices: ${name}, on ${device} too`,
      ),
      ...status.moves.map(
        ({ name, device, step }) => t`on its way: ${name} to ${device} (${step})`,
      ),
      status.lastSync === null ? t("never synchronised") : t`last synchronised: ${status.lastSync}`,
      ...(status.failure
        ? [t`the last attempt failed: ${status.failure.at}, ${status.failure.message}`]
        : []),
    ]
      .map(printable)
      .join("\n"),
  json: ({ failure, isRemoved: _, ...status }) => ({
    ...status,
    failure: failure && { ...failure, message: original(failure.message) },
  }),
  notes: ({ doubled, moves, device: here }) => [
    ...(doubled.length === 0
      ? []
      : [t("two devices that count with one secret give the same passcodes: remove one of them")]),
    ...new Set(
      moves.flatMap(({ step, device }) =>
        step === "released" && device !== here
          ? [
              printable(
                t`if ${device} never takes what is on its way, \`fob sync remove ${shellWord(device)}\` brings it back`,
              ),
            ]
          : [],
      ),
    ),
  ],
});

function devicesLine({ words, members, isRemoved }: ReturnType<typeof statusOf>): string {
  if (words !== null) return t`waits for approval, with the words ${words}`;
  const names = members.join(", ");
  return isRemoved
    ? t`this device was removed; the others when it last knew: ${names}`
    : t`devices: ${names}`;
}

function statusOf(state: SyncState, self: string) {
  const { members, former } =
    state.chain.length > 0 ? readMembership(state.chain) : { members: [], former: [] };
  const nameOf = (id: string) =>
    [...members, ...former].find((member) => member.id === id)?.name ?? id;
  const inUse = Object.values(state.tokens).filter(({ shared }) => isInUse(shared));
  const { isRemoved = false } = state;
  const { signing, recipient } = state.keys;
  const request = { name: state.name, keys: { signing, recipient } };
  return {
    remote: state.remote,
    device: members.length > 0 ? nameOf(self) : state.name,
    isRemoved,
    member: state.joining === null && !isRemoved,
    words: state.joining && requestWords(request, state.joining),
    members: members.filter(({ id }) => !(isRemoved && id === self)).map(({ name }) => name),
    tokens: inUse
      .filter(({ shared }) => !shared.holder)
      .map(({ shared }) => nameIn(shared))
      .sort(),
    waiting: inUse.filter(({ wantsPin }) => wantsPin).map(({ shared }) => nameIn(shared)),
    moves: inUse.flatMap(({ shared, isUnheard }) => {
      const holder = shared.holder?.value;
      if (!holder) return [];
      const step = isUnheard ? "released" : holder.step;
      return step === "held" ? [] : [{ name: nameIn(shared), device: nameOf(holder.device), step }];
    }),
    doubled: (state.doubled ?? []).map(({ name, device }) => ({ name, device: nameOf(device) })),
    lastSync: state.lastSync,
  };
}
