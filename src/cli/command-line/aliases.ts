import { commandIndex } from "./former-options.ts";

/** Names that other tools have for what fob does, and the words that they stand for. */
export const ALIASES: ReadonlyMap<string, string> = new Map([
  ["ls", "list"],
  ["rm", "remove"],
  ["add", "enroll"],
  ["get", "code"],
  ["version", "--version"],
]);

/** A command line with the command in place of its alias, also after `help`. */
export function withoutAlias(argv: readonly string[]): readonly string[] {
  const first = commandIndex(argv);
  if (first === null) return argv;
  const at = argv[first] === "help" ? first + 1 : first;
  const meant = ALIASES.get(argv[at] ?? "");
  return meant === undefined ? argv : argv.with(at, meant);
}
