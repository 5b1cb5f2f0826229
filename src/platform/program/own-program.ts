import { join, resolve } from "node:path";
import { defaultHome } from "#platform/paths.ts";

/** The command line that starts this program with this home, whoever starts it. */
export function ownProgram(
  folder: string,
  home: string,
  env: NodeJS.ProcessEnv,
): readonly [string, ...string[]] {
  // the standalone executable unpacks its files into a cache, and is a program by itself
  const script = isStandalone() ? [] : [join(folder, "../bin/fob.js")];
  return [
    process.execPath,
    ...script,
    ...(isUsualHome(home, env) ? [] : ["--home", resolve(home)]),
  ];
}

/** Whether a home is the one that is used without `--home` and FOB_HOME. */
export function isUsualHome(home: string, env: NodeJS.ProcessEnv): boolean {
  try {
    return resolve(home) === resolve(defaultHome(env));
  } catch {
    // there is no usual one
    return false;
  }
}

/** Whether this program is the standalone executable, and no script of Node. */
export function isStandalone(): boolean {
  return process.getBuiltinModule("node:sea")?.isSea() ?? false;
}
