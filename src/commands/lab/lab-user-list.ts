import { t } from "#base/language.ts";
import { defineCommand } from "#cli/command.ts";
import type { Style } from "#cli/output/style.ts";
import { formatTable } from "#cli/output/table.ts";
import type { LabToken } from "#lab/lab-token.ts";
import { isLocked } from "#lab/lab-user.ts";
import { type LabContext, openLab } from "./lab-opening.ts";

interface UserView {
  readonly user: string;
  readonly hasPassword: boolean;
  readonly failures: number;
  readonly locked: boolean;
  readonly tokens: readonly {
    readonly serial: string;
    readonly kind: LabToken["kind"];
    readonly enrolled: boolean;
  }[];
}

/** `fob lab user list`: who can log in at the lab, and with which tokens. */
export const labUserList = defineCommand({
  name: "lab user list",
  summary: "list the lab's users and their tokens",
  arguments: {},
  options: {},
  examples: [
    {
      command: "fob lab user list",
      explanation: "who there is, who is locked, and who has which tokens",
    },
  ],
  isPaged: true,
  async run(_, context: LabContext): Promise<readonly UserView[]> {
    const { store } = await openLab(context);
    const tokens = store.tokens();
    return store.users().map((user) => ({
      user: user.name,
      hasPassword: user.password !== null,
      failures: user.failures,
      locked: isLocked(user),
      tokens: tokens.filter(({ user: owner }) => owner === user.name).map(viewToken),
    }));
  },
  text: formatUsers,
  json: (users) => users,
  notes: (users) => (users.length === 0 ? [t("no users: `fob lab user add` makes one")] : []),
});

function viewToken(token: LabToken) {
  const isAwaited =
    token.kind === "promised" || ("device" in token && token.device.state === "awaited");
  return { serial: token.serial, kind: token.kind, enrolled: !isAwaited };
}

function formatUsers(users: readonly UserView[], style: Style): string {
  return formatTable(
    [
      [t("USER"), ({ user }) => user],
      [t("STATE"), stateInWords],
      [t("TOKENS"), ({ tokens }) => tokens.map(tokenInWords).join(", ")],
    ],
    users,
    style,
  );
}

function stateInWords({ failures, locked }: UserView): string {
  if (locked) return t("locked");
  return failures === 0 ? t("ok") : t`${failures} wrong`;
}

function tokenInWords({ serial, enrolled }: UserView["tokens"][number]): string {
  return enrolled ? serial : t`${serial} (awaited)`;
}
