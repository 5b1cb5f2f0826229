import { t } from "#base/language.ts";
import { defineCommand } from "#cli/command.ts";
import type { Context } from "#cli/context.ts";
import type { Style } from "#cli/output/style.ts";
import { formatTable } from "#cli/output/table.ts";
import { deviceId } from "#sync/keys/device-keys.ts";
import { type MemberChain, membersIn } from "#sync/members/member-chain.ts";
import { printable } from "#token/printable.ts";
import { openState } from "./sync-session.ts";

/** `fob sync members`: the devices that share tokens. */
export const syncMembers = defineCommand({
  name: "sync members",
  summary: "list the devices that share tokens",
  description: "As of the last `fob sync`: it asks no remote.",
  arguments: {},
  options: {},
  examples: [{ command: "fob sync members", explanation: "names, and since when" }],
  isDelegable: () => true,
  isPaged: true,
  async run(_, context: Pick<Context, "findVault">) {
    const {
      state: { chain, keys, isRemoved = false },
    } = await openState(context);
    return { members: membersOf(chain, deviceId(keys), isRemoved), isRemoved };
  },
  text: ({ members }, style: Style) =>
    formatTable(
      [
        [t("DEVICE"), ({ name }) => printable(name)],
        [t("ID"), ({ id }) => id],
        [t("SINCE"), ({ since }) => since.slice(0, 10)],
        [t("NOTE"), ({ thisDevice }) => (thisDevice ? t("this device") : "-")],
      ],
      members,
      style,
    ),
  json: ({ members }) => members,
  notes: ({ isRemoved }) =>
    isRemoved ? [t("this device was removed: these are the members when it last knew")] : [],
});

function membersOf(chain: MemberChain, device: string, isRemoved: boolean) {
  const all = membersIn(chain);
  const members = isRemoved ? all.filter(({ id }) => id !== device) : all;
  return members.map(({ id, name }) => ({
    id,
    name,
    since:
      chain.find(({ body }) => body.action !== "remove" && body.member.id === id)?.body.at ?? "",
    thisDevice: id === device,
  }));
}
