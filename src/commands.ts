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
import { doctor } from "./commands/doctor.ts";
import { enroll } from "./commands/enroll.ts";
import { exportTokens } from "./commands/export.ts";
import { favorite } from "./commands/favorite.ts";
import { importFile } from "./commands/import.ts";
import { inspect } from "./commands/inspect.ts";
import { list } from "./commands/list.ts";
import { lock } from "./commands/lock.ts";
import { pinChange } from "./commands/pin-change.ts";
import { pinRemove } from "./commands/pin-remove.ts";
import { pinSet } from "./commands/pin-set.ts";
import { pinStatus } from "./commands/pin-status.ts";
import { provision } from "./commands/provision.ts";
import { remove } from "./commands/remove.ts";
import { rename } from "./commands/rename.ts";
import { restore } from "./commands/restore.ts";
import { resync } from "./commands/resync.ts";
import { show } from "./commands/show.ts";
import { unlock } from "./commands/unlock.ts";
import { verify } from "./commands/verify.ts";

/** Every command, in the order in which help lists them. A new one is added here and nowhere else. */
export const commands: readonly AnyCommand[] = [
  enroll,
  list,
  show,
  code,
  challenge,
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
  doctor,
  completion,
];
