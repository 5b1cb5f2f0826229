import { t } from "#base/language.ts";
import { defineCommand } from "#cli/command.ts";
import type { Context } from "#cli/context.ts";
import type { Style } from "#cli/output/style.ts";
import { formatTable } from "#cli/output/table.ts";
import { deviceId } from "#sync/keys/device-keys.ts";
import { type MemberChain, readMembership } from "#sync/members/member-chain.ts";
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
      state: { chain, keys },
    } = await openState(context);
    return membersOf(chain, deviceId(keys));
  },
  text: (members, style: Style) =>
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
  json: (members) => members,
});

function membersOf(chain: MemberChain, device: string) {
  const members = chain.length > 0 ? readMembership(chain).members : [];
  return members.map(({ id, name }) => ({
    id,
    name,
    since:
      chain.find(({ body }) => body.action !== "remove" && body.member.id === id)?.body.at ?? "",
    thisDevice: id === device,
  }));
}
