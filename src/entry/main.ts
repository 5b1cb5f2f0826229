import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { endBy } from "#base/ending.ts";
import { messagesFile, speak } from "#base/language.ts";
import { resolveGlobals } from "#cli/globals.ts";
import { run } from "#cli/run.ts";
import { COMMANDS } from "#commands/commands.ts";
import { defaultHome } from "#platform/paths.ts";
import { printable } from "#token/printable.ts";
import { createContext } from "./context.ts";

declare const FOB_VERSION: string;

const { stdout, stderr, env } = process;
const build = { version: FOB_VERSION, folder: join(fileURLToPath(import.meta.url), "..") };

process.once("SIGINT", () => void endBy("SIGINT"));
// the write's own callback reports it; without a listener it would end the process
for (const stream of [stdout, stderr]) stream.on("error", () => undefined);

speak(messagesFile(join(build.folder, "../messages"), env), (trouble) => {
  // what a script expects on standard error is an object alone
  if (!process.argv.includes("--json")) stderr.write(`warning: ${printable(trouble)}\n`);
});

void run(
  {
    version: build.version,
    commands: COMMANDS,
    alone: async () => (await import("#commands/tokens/welcome.ts")).welcome,
    resolveGlobals: (flags) => resolveGlobals(flags, env, defaultHome),
    createContext: (globals, style) => createContext(build, globals, style),
  },
  { argv: process.argv.slice(2), env, stdout, stderr },
).then((exitCode) => {
  process.exitCode = exitCode;
});
