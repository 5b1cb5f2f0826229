import { allCommands } from "#commands/commands.ts";
import { completionScripts } from "./completion/scripts.ts";
import { registerPages } from "./manual/package-manual.ts";
import { manPages } from "./manual/pages.ts";

/**
 * Every file that is made of the definitions of commands, by its path. `read` gives the text of a
 * file of this project.
 */
export async function documents(read: (path: string) => string): Promise<[string, string][]> {
  const commands = await allCommands();
  const pages = manPages(commands, read);
  const paths = pages.map(([path]) => path).sort();
  return [
    ...completionScripts(commands, read),
    ...pages,
    ["package.json", registerPages(read("package.json"), paths)],
  ];
}
