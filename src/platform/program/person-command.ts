/** A command line that needs no shell: words without quotes, variables and the like. */
const PLAIN_WORDS = /^[\w./:=,+@%-]+(?: +[\w./:=,+@%-]+)*$/;

/** A word of Windows: in quotes, or without blanks. */
const WINDOWS_WORD = /"([^"]*)"|[^ "]+/g;

/**
 * A command line that a person has set for a program (PAGER, EDITOR), with more arguments after it.
 * A shell splits it where it has more than plain words; on Windows only quotes are understood.
 */
export function personCommand(
  line: string,
  args: readonly string[],
  platform: NodeJS.Platform = process.platform,
): readonly [command: string, args: readonly string[]] {
  if (platform !== "win32" && !PLAIN_WORDS.test(line))
    return ["sh", ["-c", `${line} "$@"`, "sh", ...args]];
  const words =
    platform === "win32"
      ? [...line.matchAll(WINDOWS_WORD)].map(([word, quoted]) => quoted ?? word)
      : line.split(/ +/);
  const [command = "", ...more] = words;
  return [command, [...more, ...args]];
}
