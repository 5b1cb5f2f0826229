import type { AnyCommand } from "./cli/command.ts";

/**
 * Every command by its name, in the order in which help lists them; a command line loads the one that it asks for. A new one is added here
 * and nowhere else.
 */
export const COMMANDS: Readonly<Record<string, () => Promise<AnyCommand>>> = {
  enroll: async () => (await import("./commands/enroll.ts")).enroll,
  list: async () => (await import("./commands/list.ts")).list,
  show: async () => (await import("./commands/show.ts")).show,
  code: async () => (await import("./commands/code.ts")).code,
  run: async () => (await import("./commands/run.ts")).run,
  challenge: async () => (await import("./commands/challenge.ts")).challenge,
  "push listen": async () => (await import("./commands/push-listen.ts")).pushListen,
  "push list": async () => (await import("./commands/push-list.ts")).pushList,
  "push approve": async () => (await import("./commands/push-approve.ts")).pushApprove,
  "push deny": async () => (await import("./commands/push-deny.ts")).pushDeny,
  "push history": async () => (await import("./commands/push-history.ts")).pushHistory,
  "pin set": async () => (await import("./commands/pin-set.ts")).pinSet,
  "pin change": async () => (await import("./commands/pin-change.ts")).pinChange,
  "pin remove": async () => (await import("./commands/pin-remove.ts")).pinRemove,
  "pin status": async () => (await import("./commands/pin-status.ts")).pinStatus,
  "keychain move": async () => (await import("./commands/keychain-move.ts")).keychainMove,
  "biometric enable": async () => (await import("./commands/biometric-enable.ts")).biometricEnable,
  "biometric disable": async () => (await import("./commands/biometric-disable.ts")).biometricDisable,
  "biometric status": async () => (await import("./commands/biometric-status.ts")).biometricStatus,
  "biometric test": async () => (await import("./commands/biometric-test.ts")).biometricTest,
  unlock: async () => (await import("./commands/unlock.ts")).unlock,
  lock: async () => (await import("./commands/lock.ts")).lock,
  "agent start": async () => (await import("./commands/agent-start.ts")).agentStart,
  "agent stop": async () => (await import("./commands/agent-stop.ts")).agentStop,
  "agent status": async () => (await import("./commands/agent-status.ts")).agentStatus,
  "access grant": async () => (await import("./commands/access-grant.ts")).accessGrant,
  "access list": async () => (await import("./commands/access-list.ts")).accessList,
  "access revoke": async () => (await import("./commands/access-revoke.ts")).accessRevoke,
  "access domain": async () => (await import("./commands/access-domain.ts")).accessDomain,
  rename: async () => (await import("./commands/rename.ts")).rename,
  remove: async () => (await import("./commands/remove.ts")).remove,
  restore: async () => (await import("./commands/restore.ts")).restore,
  favorite: async () => (await import("./commands/favorite.ts")).favorite,
  resync: async () => (await import("./commands/resync.ts")).resync,
  import: async () => (await import("./commands/import.ts")).importFile,
  export: async () => (await import("./commands/export.ts")).exportTokens,
  backup: async () => (await import("./commands/backup.ts")).backup,
  inspect: async () => (await import("./commands/inspect.ts")).inspect,
  provision: async () => (await import("./commands/provision.ts")).provision,
  verify: async () => (await import("./commands/verify.ts")).verify,
  "config list": async () => (await import("./commands/config-list.ts")).configList,
  "config get": async () => (await import("./commands/config-get.ts")).configGet,
  "config set": async () => (await import("./commands/config-set.ts")).configSet,
  "config unset": async () => (await import("./commands/config-unset.ts")).configUnset,
  "lab serve": async () => (await import("./commands/lab-serve.ts")).labServe,
  "lab user add": async () => (await import("./commands/lab-user-add.ts")).labUserAdd,
  "lab user list": async () => (await import("./commands/lab-user-list.ts")).labUserList,
  "lab user unlock": async () => (await import("./commands/lab-user-unlock.ts")).labUserUnlock,
  "lab issue": async () => (await import("./commands/lab-issue.ts")).labIssue,
  "lab push": async () => (await import("./commands/lab-push.ts")).labPush,
  "lab log": async () => (await import("./commands/lab-log.ts")).labLog,
  doctor: async () => (await import("./commands/doctor.ts")).doctor,
  shellenv: async () => (await import("./commands/shellenv.ts")).shellenv,
  completion: async () => (await import("./commands/completion.ts")).completion,
};

/** All of them, for what tells of every command: help, completions, man pages. */
export function allCommands(): Promise<AnyCommand[]> {
  return Promise.all(Object.values(COMMANDS).map((load) => load()));
}
