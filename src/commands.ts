import type { AnyCommand } from "./cli/command.ts";
import { accessDomain } from "./commands/access-domain.ts";
import { accessGrant } from "./commands/access-grant.ts";
import { accessList } from "./commands/access-list.ts";
import { accessRevoke } from "./commands/access-revoke.ts";
import { agentStart } from "./commands/agent-start.ts";
import { agentStatus } from "./commands/agent-status.ts";
import { agentStop } from "./commands/agent-stop.ts";
import { backup } from "./commands/backup.ts";
import { biometricDisable } from "./commands/biometric-disable.ts";
import { biometricEnable } from "./commands/biometric-enable.ts";
import { biometricStatus } from "./commands/biometric-status.ts";
import { biometricTest } from "./commands/biometric-test.ts";
import { challenge } from "./commands/challenge.ts";
import { code } from "./commands/code.ts";
import { completion } from "./commands/completion.ts";
import { configGet } from "./commands/config-get.ts";
import { configList } from "./commands/config-list.ts";
import { configSet } from "./commands/config-set.ts";
import { configUnset } from "./commands/config-unset.ts";
import { doctor } from "./commands/doctor.ts";
import { enroll } from "./commands/enroll.ts";
import { exportTokens } from "./commands/export.ts";
import { favorite } from "./commands/favorite.ts";
import { importFile } from "./commands/import.ts";
import { inspect } from "./commands/inspect.ts";
import { labIssue } from "./commands/lab-issue.ts";
import { labLog } from "./commands/lab-log.ts";
import { labPush } from "./commands/lab-push.ts";
import { labServe } from "./commands/lab-serve.ts";
import { labUserAdd } from "./commands/lab-user-add.ts";
import { labUserList } from "./commands/lab-user-list.ts";
import { labUserUnlock } from "./commands/lab-user-unlock.ts";
import { list } from "./commands/list.ts";
import { lock } from "./commands/lock.ts";
import { pinChange } from "./commands/pin-change.ts";
import { pinRemove } from "./commands/pin-remove.ts";
import { pinSet } from "./commands/pin-set.ts";
import { pinStatus } from "./commands/pin-status.ts";
import { provision } from "./commands/provision.ts";
import { pushApprove } from "./commands/push-approve.ts";
import { pushDeny } from "./commands/push-deny.ts";
import { pushHistory } from "./commands/push-history.ts";
import { pushList } from "./commands/push-list.ts";
import { pushListen } from "./commands/push-listen.ts";
import { remove } from "./commands/remove.ts";
import { rename } from "./commands/rename.ts";
import { restore } from "./commands/restore.ts";
import { resync } from "./commands/resync.ts";
import { run } from "./commands/run.ts";
import { shellenv } from "./commands/shellenv.ts";
import { show } from "./commands/show.ts";
import { unlock } from "./commands/unlock.ts";
import { verify } from "./commands/verify.ts";

/** Every command, in the order in which help lists them. A new one is added here and nowhere else. */
export const commands: readonly AnyCommand[] = [
  enroll,
  list,
  show,
  code,
  run,
  challenge,
  pushListen,
  pushList,
  pushApprove,
  pushDeny,
  pushHistory,
  pinSet,
  pinChange,
  pinRemove,
  pinStatus,
  biometricEnable,
  biometricDisable,
  biometricStatus,
  biometricTest,
  unlock,
  lock,
  agentStart,
  agentStop,
  agentStatus,
  accessGrant,
  accessList,
  accessRevoke,
  accessDomain,
  rename,
  remove,
  restore,
  favorite,
  resync,
  importFile,
  exportTokens,
  backup,
  inspect,
  provision,
  verify,
  configList,
  configGet,
  configSet,
  configUnset,
  labServe,
  labUserAdd,
  labUserList,
  labUserUnlock,
  labIssue,
  labPush,
  labLog,
  doctor,
  shellenv,
  completion,
];
