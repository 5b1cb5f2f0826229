import { allCommands } from "#commands/commands.ts";
import { completionScripts } from "./completion/scripts.ts";
import { registerPages } from "./manual/package-manual.ts";
import { manPages } from "./manual/pages.ts";
import { schemasWithLists } from "./schema-lists.ts";
import { settingsDocuments } from "./settings-documents.ts";

/**
 * Every file that is made of the definitions of commands and settings, or of lists, by its path.
 * `read` gives the text of a file of this project, `schemas` are the paths of its schemas.
 */
export async function documents(
  read: (path: string) => string,
  schemas: readonly string[],
): Promise<[string, string][]> {
  const commands = await allCommands();
  const pages = manPages(commands, read);
  const paths = pages.map(([path]) => path).sort();
  return [
    ...completionScripts(commands, read),
    ...pages,
    ...schemasWithLists(schemas, read),
    // after the lists: it makes the schema of the configuration wholly
    ...settingsDocuments(read),
    ["package.json", registerPages(read("package.json"), paths)],
  ];
}
