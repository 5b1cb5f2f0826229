import { join } from "node:path";
import { speak } from "#base/language.ts";
import { messagesFile } from "#base/messages-file.ts";
import { wantsJson } from "#cli/command-line/own-words.ts";
import { resolveGlobals } from "#cli/globals.ts";
import type { Host } from "#cli/host.ts";
import { limitToLocale } from "#cli/output/charset.ts";
import { type Program, run } from "#cli/run.ts";
import { COMMANDS } from "#commands/commands.ts";
import { defaultHome } from "#platform/paths.ts";
import { printable } from "#token/printable.ts";
import { type Build, createContext } from "./context.ts";

/** Runs the command line of `host` and returns the exit code. Tests may replace `makeContext`. */
export async function runProgram(
  build: Build,
  host: Host,
  makeContext: typeof createContext = createContext,
): Promise<number> {
  const { argv, env, stderr } = host;
  speak(messagesFile(join(build.folder, "../messages"), env), (trouble) => {
    // with --json, standard error has only JSON objects
    if (!wantsJson(argv)) stderr.write(`warning: ${printable(trouble)}\n`);
  });
  const restore = limitToLocale(host);
  const program: Program = {
    version: build.version,
    columns: host.stdout.columns,
    commands: COMMANDS,
    alone: async () => (await import("#commands/tokens/welcome.ts")).welcome,
    resolveGlobals: (flags) => resolveGlobals(flags, env, () => defaultHome(env)),
    createContext: (globals, style, { hasForeignInput = false }) =>
      makeContext(build, globals, style, withInput(host, hasForeignInput)),
  };
  try {
    return await run(program, host);
  } finally {
    restore();
  }
}

/** The host, without opening its standard input as a copy of it would. */
function withInput(host: Host, hasForeignInput: boolean): Host {
  return Object.create(host, { hasForeignInput: { value: hasForeignInput } });
}
