import { closeSync, fstatSync } from "node:fs";

/**
 * Closes the terminals among the descriptors 0, 1 and 2, as the last act of the process. Node sets
 * each of them at the end to the modes that it had at the start, and would undo what a program
 * beside this one has set meanwhile: `fob code gitlab | ssh ...` would show what is typed at ssh.
 */
export function leaveTerminals(): void {
  if (process.platform === "win32") return;
  for (const descriptor of [0, 1, 2]) {
    try {
      if (fstatSync(descriptor).isCharacterDevice()) closeSync(descriptor);
    } catch {
      // it is closed already
    }
  }
}
