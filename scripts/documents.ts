import { allCommands } from "#commands/commands.ts";
import { completionScripts } from "./completion/scripts.ts";
import { registerPages } from "./manual/package-manual.ts";
import { manPages } from "./manual/pages.ts";
import { collectMessages } from "./messages.ts";

/**
 * Every file that follows from the sources at these paths, by its path. `read` gives the text of a
 * file of this project.
 */
export async function documents(
  read: (path: string) => string,
  sources: readonly string[],
): Promise<[string, string][]> {
  const commands = await allCommands();
  const pages = manPages(commands, read);
  const paths = pages.map(([path]) => path).sort();
  const messages = collectMessages(new Map(sources.map((path) => [path, read(path)])));
  return [
    ...completionScripts(commands, read),
    ...pages,
    ["package.json", registerPages(read("package.json"), paths)],
    ["messages/en.json", `${JSON.stringify(messages, null, 2)}\n`],
  ];
}
