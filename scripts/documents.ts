import { commands } from "../src/commands.ts";
import { completionScripts } from "./completion/scripts.ts";
import { registerPages } from "./manual/package-manual.ts";
import { manPages } from "./manual/pages.ts";

/** Every file that follows from the command definitions, by its path. `read` gives the text of a file of this project. */
export function documents(read: (path: string) => string): [string, string][] {
  const pages = manPages(commands, read);
  const paths = pages.map(([path]) => path).sort();
  return [...completionScripts(commands, read), ...pages, ["package.json", registerPages(read("package.json"), paths)]];
}
