import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import type { Context } from "#cli/context.ts";
import { type CodeList, findCodes, linesAsCodes, MAX_CODE_LIST } from "#token/code-list.ts";

/** What reading a list of codes needs. */
export type CodeListContext = Pick<
  Context,
  "clipboard" | "endAtSignals" | "prompt" | "readInput" | "readPicture" | "readQrCodes"
>;

/** Where a list of codes comes from: a person is asked where nothing is said. */
interface CodeSources {
  readonly source: string | undefined;
  readonly qr: string | undefined;
  readonly clipboard: boolean;
  readonly lines: boolean;
}

/**
 * The codes in what a service printed. Throws FobError `invalid` where there are none, `usage` for
 * two sources, or a code on the command line.
 */
export async function readCodeList(
  { lines, ...sources }: CodeSources,
  context: CodeListContext,
): Promise<CodeList> {
  const text = await readText(sources, context);
  return parseCodeList(text, lines, context, t("with --lines, every line is a code"));
}

/** The codes in a text. Throws as {@link readCodeList} does; `hint` says what else can be tried. */
export async function parseCodeList(
  text: string,
  areLines: boolean,
  { endAtSignals }: Pick<Context, "endAtSignals">,
  hint?: string,
): Promise<CodeList> {
  if (text.length > MAX_CODE_LIST)
    throw new FobError("invalid", t`a list of codes has at most ${MAX_CODE_LIST / 1024} KiB`);
  const list = await endAtSignals(() => (areLines ? linesAsCodes(text) : findCodes(text)));
  if (list.codes.length > 0) return list;
  throw new FobError("invalid", t("no codes were found"), hint === undefined ? {} : { hint });
}

async function readText(
  { source, qr, clipboard }: Omit<CodeSources, "lines">,
  context: CodeListContext,
): Promise<string> {
  const given = [source !== undefined, qr !== undefined, clipboard].filter(Boolean).length;
  if (given > 1)
    throw new FobError("usage", t("codes come from one source: -, --qr or --clipboard"));
  if (source !== undefined && source !== "-")
    throw new FobError(
      "usage",
      t("codes are not given on the command line, where others see them"),
      {
        hint: t("- reads standard input, --qr a picture, --clipboard what was copied"),
      },
    );
  if (source === "-") return context.readInput();
  if (qr !== undefined) return (await context.readPicture(qr)).join("\n");
  if (clipboard) return readClipboard(context);
  return context.prompt.pasted(
    t("The codes (they are not shown)"),
    t("- for standard input, --qr FILE or --clipboard"),
  );
}

async function readClipboard({ clipboard, readQrCodes }: CodeListContext): Promise<string> {
  const { text, picture } = await clipboard.paste();
  if (text !== "" || picture === null) return text;
  return (await readQrCodes(picture, t("the clipboard"))).join("\n");
}
