import type { AnyCommand } from "#cli/command.ts";

/**
 * Every command by its name, in the order in which help lists them; a command line loads the one
 * that it asks for. A new one is added here and nowhere else.
 */
export const COMMANDS: Readonly<Record<string, () => Promise<AnyCommand>>> = {
  enroll: async () => (await import("#commands/enroll/enroll.ts")).enroll,
  list: async () => (await import("#commands/tokens/list.ts")).list,
  show: async () => (await import("#commands/tokens/show.ts")).show,
  code: async () => (await import("#commands/code/code.ts")).code,
  run: async () => (await import("#commands/code/run.ts")).run,
  challenge: async () => (await import("#commands/code/challenge.ts")).challenge,
  "push listen": async () => (await import("#commands/push/push-listen.ts")).pushListen,
  "push list": async () => (await import("#commands/push/push-list.ts")).pushList,
  "push approve": async () => (await import("#commands/push/push-approve.ts")).pushApprove,
  "push deny": async () => (await import("#commands/push/push-deny.ts")).pushDeny,
  "push history": async () => (await import("#commands/push/push-history.ts")).pushHistory,
  "pin set": async () => (await import("#commands/pin/pin-set.ts")).pinSet,
  "pin change": async () => (await import("#commands/pin/pin-change.ts")).pinChange,
  "pin remove": async () => (await import("#commands/pin/pin-remove.ts")).pinRemove,
  "pin status": async () => (await import("#commands/pin/pin-status.ts")).pinStatus,
  "keychain move": async () => (await import("#commands/machine/keychain-move.ts")).keychainMove,
  "biometric enable": async () =>
    (await import("#commands/biometric/biometric-enable.ts")).biometricEnable,
  "biometric disable": async () =>
    (await import("#commands/biometric/biometric-disable.ts")).biometricDisable,
  "biometric status": async () =>
    (await import("#commands/biometric/biometric-status.ts")).biometricStatus,
  "biometric test": async () =>
    (await import("#commands/biometric/biometric-test.ts")).biometricTest,
  unlock: async () => (await import("#commands/agent/unlock.ts")).unlock,
  lock: async () => (await import("#commands/agent/lock.ts")).lock,
  "agent start": async () => (await import("#commands/agent/agent-start.ts")).agentStart,
  "agent stop": async () => (await import("#commands/agent/agent-stop.ts")).agentStop,
  "agent status": async () => (await import("#commands/agent/agent-status.ts")).agentStatus,
  "access grant": async () => (await import("#commands/access/access-grant.ts")).accessGrant,
  "access list": async () => (await import("#commands/access/access-list.ts")).accessList,
  "access revoke": async () => (await import("#commands/access/access-revoke.ts")).accessRevoke,
  "access domain": async () => (await import("#commands/access/access-domain.ts")).accessDomain,
  rename: async () => (await import("#commands/tokens/rename.ts")).rename,
  hold: async () => (await import("#commands/tokens/hold.ts")).hold,
  remove: async () => (await import("#commands/tokens/remove.ts")).remove,
  restore: async () => (await import("#commands/export/restore.ts")).restore,
  tag: async () => (await import("#commands/tokens/tag.ts")).tag,
  untag: async () => (await import("#commands/tokens/tag.ts")).untag,
  note: async () => (await import("#commands/tokens/note.ts")).note,
  codes: async () => (await import("#commands/codes/codes.ts")).codes,
  "codes add": async () => (await import("#commands/codes/codes-add.ts")).codesAdd,
  "codes list": async () => (await import("#commands/codes/codes-list.ts")).codesList,
  favorite: async () => (await import("#commands/tokens/favorite.ts")).favorite,
  resync: async () => (await import("#commands/code/resync.ts")).resync,
  import: async () => (await import("#commands/enroll/import.ts")).importFile,
  export: async () => (await import("#commands/export/export.ts")).exportTokens,
  backup: async () => (await import("#commands/export/backup.ts")).backup,
  inspect: async () => (await import("#commands/enroll/inspect.ts")).inspect,
  provision: async () => (await import("#commands/export/provision.ts")).provision,
  verify: async () => (await import("#commands/code/verify.ts")).verify,
  askpass: async () => (await import("#commands/askpass/askpass.ts")).askpass,
  "config list": async () => (await import("#commands/config/config-list.ts")).configList,
  "config get": async () => (await import("#commands/config/config-get.ts")).configGet,
  "config set": async () => (await import("#commands/config/config-set.ts")).configSet,
  "config unset": async () => (await import("#commands/config/config-unset.ts")).configUnset,
  "lab serve": async () => (await import("#commands/lab/lab-serve.ts")).labServe,
  "lab user add": async () => (await import("#commands/lab/lab-user-add.ts")).labUserAdd,
  "lab user list": async () => (await import("#commands/lab/lab-user-list.ts")).labUserList,
  "lab user unlock": async () => (await import("#commands/lab/lab-user-unlock.ts")).labUserUnlock,
  "lab issue": async () => (await import("#commands/lab/lab-issue.ts")).labIssue,
  "lab push": async () => (await import("#commands/lab/lab-push.ts")).labPush,
  "lab log": async () => (await import("#commands/lab/lab-log.ts")).labLog,
  sync: async () => (await import("#commands/sync/sync.ts")).sync,
  "sync init": async () => (await import("#commands/sync/sync-init.ts")).syncInit,
  "sync add": async () => (await import("#commands/sync/sync-add.ts")).syncAdd,
  "sync invite": async () => (await import("#commands/sync/sync-invite.ts")).syncInvite,
  "sync join": async () => (await import("#commands/sync/sync-join.ts")).syncJoin,
  "sync members": async () => (await import("#commands/sync/sync-members.ts")).syncMembers,
  "sync move": async () => (await import("#commands/sync/sync-move.ts")).syncMove,
  "sync remove": async () => (await import("#commands/sync/sync-remove.ts")).syncRemove,
  "sync leave": async () => (await import("#commands/sync/sync-leave.ts")).syncLeave,
  "sync status": async () => (await import("#commands/sync/sync-status.ts")).syncStatus,
  doctor: async () => (await import("#commands/machine/doctor.ts")).doctor,
  shellenv: async () => (await import("#commands/machine/shellenv.ts")).shellenv,
  completion: async () => (await import("#commands/machine/completion.ts")).completion,
};

/** All commands, for help, completions and man pages. */
export function allCommands(): Promise<AnyCommand[]> {
  return Promise.all(Object.values(COMMANDS).map((load) => load()));
}
