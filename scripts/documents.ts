import { commands } from "../src/commands.ts";
import { completionScripts } from "./completion/scripts.ts";

/** Every file that follows from the command definitions, by its path. `read` gives the text of a file of this project. */
export function documents(read: (path: string) => string): [string, string][] {
  return [...completionScripts(commands, read)];
}
