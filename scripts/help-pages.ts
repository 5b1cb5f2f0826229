import { parseCommandLine } from "#cli/command-line/parse.ts";
import { COMMANDS } from "#commands/commands.ts";
import { welcome } from "#commands/tokens/welcome.ts";

/**
 * The help pages of the program, its groups and its commands, by their words with dashes between
 * them; that of the program is `fob`. In English, for 80 columns.
 */
export async function helpPages(version: string): Promise<ReadonlyMap<string, string>> {
  const names = Object.keys(COMMANDS).flatMap((name) => {
    const words = name.split(" ");
    return words.map((_, i) => words.slice(0, i + 1).join(" "));
  });
  const pages = new Map<string, string>();
  for (const name of new Set(["", ...names])) {
    const words = name.split(" ").filter((word) => word !== "");
    const vocabulary = { version, columns: undefined, commands: COMMANDS };
    const parsed = await parseCommandLine([...words, "--help"], {
      ...vocabulary,
      alone: async () => welcome,
    });
    if (!("text" in parsed)) throw new Error(`\`fob ${name} --help\` shows no page`);
    pages.set(words.join("-") || "fob", parsed.text);
  }
  return pages;
}
