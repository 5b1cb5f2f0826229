/**
 * A block of shell commands in a page, as its fence marks it: ```sh is one script, ```sh each a
 * list of commands that do not know each other.
 */
export interface ShellBlock {
  /** The page's line on which the block begins, from 1. */
  readonly line: number;
  readonly isList: boolean;
  readonly text: string;
}

const FENCE = /^(?<indent> *)```(?<info>.*)$/;

/** The shell blocks of a Markdown page. */
export function shellBlocks(page: string): ShellBlock[] {
  const blocks: ShellBlock[] = [];
  let open: { info: string; line: number; indent: string; lines: string[] } | null = null;
  page.split("\n").forEach((text, i) => {
    const fence = FENCE.exec(text)?.groups;
    if (!fence) open?.lines.push(text.slice(open.indent.length));
    else if (!open)
      open = { info: fence["info"] ?? "", line: i + 1, indent: fence["indent"] ?? "", lines: [] };
    else {
      const { info, line, lines } = open;
      if (/^sh\b/.test(info))
        blocks.push({ line, isList: info === "sh each", text: lines.join("\n") });
      open = null;
    }
  });
  return blocks;
}

/**
 * The commands of a list: one a line, but for those that a backslash continues. Comments and empty
 * lines are none.
 */
export function commandsOf({ text }: ShellBlock): string[] {
  return text
    .replaceAll("\\\n", " ")
    .split("\n")
    .filter((line) => /^\s*[^#\s]/.test(line));
}
