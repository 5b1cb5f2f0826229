import { t } from "#base/language.ts";
import { defineCommand, required, value } from "#cli/command.ts";
import type { Context } from "#cli/context.ts";
import { checkRemote } from "#sync/git/address.ts";
import { createLocalRemote } from "#sync/git/repository.ts";
import { foundSync, refuseSecond } from "#sync/round/beginning.ts";
import { printable } from "#token/printable.ts";
import { nameOfDevice, type WorkContext, workOn } from "./sync-session.ts";

type InitContext = WorkContext & Pick<Context, "ensureVault" | "newRecoveryCode">;

/** `fob sync init`: begins a synchronisation. */
export const syncInit = defineCommand({
  name: "sync init",
  summary: "begin to synchronise, with an empty git repository",
  description:
    "REMOTE is an address that git knows, or a path; at a path where there is nothing, a repository is made. Shows a recovery identity once: " +
    "with it the program age opens the tokens if all devices are lost. Keep it on paper.",
  arguments: { remote: required("REMOTE", "address or path of an empty repository", "folder") },
  options: { name: value("DEVICE", "what the other devices call this one; its host name without") },
  examples: [
    {
      command: "fob sync init ssh://git@example.org/tokens.git --name laptop",
      explanation: "begins, with this device as the only member",
    },
  ],
  async run({ remote: given, name: givenName }, context: InitContext) {
    const remote = checkRemote(given);
    const name = nameOfDevice(givenName);
    const vault = await context.ensureVault();
    refuseSecond(vault);
    const isMade = await createLocalRemote(remote, context.git);
    const { recoveryIdentity } = await foundSync(workOn(vault, context), { remote, name });
    return { remote, name, isMade, recoveryIdentity, recoveryCode: context.newRecoveryCode() };
  },
  text: ({ remote, name, isMade, recoveryIdentity }, style) =>
    [
      printable(
        isMade
          ? t`made a repository at ${remote}; this device is ${style.strong(name)}`
          : t`synchronising with ${remote}; this device is ${style.strong(name)}`,
      ),
      t`recovery identity: ${style.strong(recoveryIdentity)}`,
    ].join("\n"),
  json: ({ remote, name, recoveryIdentity, recoveryCode }) => ({
    remote,
    device: name,
    recoveryIdentity,
    ...(recoveryCode === null ? {} : { recoveryCode }),
  }),
  notes: () => [
    t("Keep the recovery identity on paper: it opens all shared tokens, and is not shown again."),
    t("`fob sync add NAME` shares tokens, `fob sync invite` lets another device join"),
  ],
});
