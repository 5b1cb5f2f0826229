import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join } from "node:path";

/**
 * Where the system looks for a program: in the folders of PATH, or only at the path itself where it
 * has a slash.
 */
export function placesOf(command: string, { PATH }: NodeJS.ProcessEnv): readonly string[] {
  if (command.includes("/")) return [command];
  return PATH ? PATH.split(delimiter).map((folder) => join(folder, command)) : [];
}

/** Whether this user can run what is at a path: an executable file, and no folder. */
export function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    // not there, not executable, or removed meanwhile
    return false;
  }
}

/** The first of these paths that is a program; null where none is. */
export function firstProgram(paths: readonly string[]): string | null {
  return paths.find(isProgram) ?? null;
}

/** Whether a program of this name is in PATH; on Windows one that needs no shell (`.exe`). */
export function isInstalled(name: string, env: NodeJS.ProcessEnv): boolean {
  const file = process.platform === "win32" ? `${name}.exe` : name;
  return placesOf(file, env).some(isProgram);
}
