import { FobError } from "#base/fob-error.ts";
import { t, translated } from "#base/language.ts";
import type { AnyCommand } from "#cli/command.ts";
import { GLOBAL_OPTIONS } from "./global-options.ts";
import { optionName } from "./option-name.ts";
import { ownWords } from "./own-words.ts";

/**
 * Throws FobError `usage` for a global option in a position where it used to mean something else.
 */
export function refuseFormerOptions(
  { name, formerOptions = {} }: AnyCommand,
  argv: readonly string[],
): void {
  const words = wordsAfterCommand(argv);
  for (const [key, { now, meaning }] of Object.entries(formerOptions)) {
    const former = optionName(key);
    if (!words.includes(former)) continue;
    throw new FobError("usage", t`${former} is no option of \`fob ${name}\``, {
      hint: t`${optionName(now)}: ${translated(meaning)}; the option of all commands goes before the name: \`fob ${former} ${name}\``,
    });
  }
}

/**
 * The former options of the command on the command line: the name of each, and of the option that
 * replaced it.
 */
export async function formerOptionsOf(
  argv: readonly string[],
  commands: Readonly<Record<string, () => Promise<AnyCommand>>>,
): Promise<ReadonlyMap<string, string>> {
  const words = wordsFromCommand(argv);
  const found = Object.entries(commands).find(([name]) =>
    name.split(" ").every((word, i) => word === words[i]),
  );
  const former = (found && (await found[1]()).formerOptions) ?? {};
  return new Map(
    Object.entries(former).map(([key, { now }]) => [optionName(key), optionName(now)]),
  );
}

/**
 * The words after the first word of the command, up to `--`. Words before it are global options and
 * their values.
 */
function wordsAfterCommand(argv: readonly string[]): readonly string[] {
  return ownWords(wordsFromCommand(argv).slice(1));
}

function wordsFromCommand(argv: readonly string[]): readonly string[] {
  const first = commandIndex(argv);
  return first === null ? [] : argv.slice(first);
}

/** Where the first word of the command is: after global options and their values; null for none. */
export function commandIndex(argv: readonly string[]): number | null {
  const withValue = GLOBAL_OPTIONS.filter(({ placeholder }) => placeholder !== undefined).map(
    ({ name }) => name,
  );
  const isBefore = (word: string, i: number) =>
    word.startsWith("-") || withValue.some((name) => name === argv[i - 1] && i > 0);
  const first = argv.findIndex((word, i) => !isBefore(word, i));
  return first < 0 ? null : first;
}
