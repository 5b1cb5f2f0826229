import { FobError } from "#base/fob-error.ts";
import { declared, plural, t } from "#base/language.ts";
import { type FormerOption, flag, optionalValue, value } from "#cli/command.ts";
import type { Context } from "#cli/context.ts";
import type { Style } from "#cli/output/style.ts";
import { checkQr } from "#commands/asked-qr.ts";
import { drawForTerminal, drawToFiles } from "#commands/qr-drawing.ts";
import { EXPORT_FORMATS } from "#enrollment/export-formats.ts";
import type { Export, ExportedToken, ExportFormat } from "#enrollment/exported-token.ts";
import { forget, type Secret } from "#token/secret.ts";
import { askNewPassphrase, type PinPrompt } from "#vault/pins/pin-prompt.ts";

/** What `--format` takes. */
export const FORMAT_NAMES: readonly string[] = EXPORT_FORMATS.map(({ id }) => id);

const [USUAL_FORMAT] = EXPORT_FORMATS;

/** The formats by their interface, whose optional members some of them lack. */
const FORMATS: readonly ExportFormat[] = EXPORT_FORMATS;

/** More files are named by the first and the last. */
const MAX_NAMED = 3;

/** The options of every command that hands secrets out: in which format, and where to. */
export const handingOutOptions = {
  format: value("FORMAT", declared`${FORMAT_NAMES.join(", ")} (${USUAL_FORMAT.id})`, FORMAT_NAMES),
  output: value("FILE", "write a new file that only you can read", "file"),
  qr: optionalValue(
    "FILE",
    "draw QR codes in the terminal, or into new .png or .svg files",
    "file",
  ),
  unencrypted: flag("do not encrypt, where the format has encryption"),
  psk: flag("encrypt with a key that the other side has already, instead of a passphrase"),
} as const;

/**
 * The former meaning of `--plain` in both commands, before all commands got an option of that name.
 */
export const formerPlain = {
  plain: { now: "unencrypted", meaning: "without encryption" },
} satisfies Readonly<Record<string, FormerOption>>;

/** Their values. */
export interface HandingOut {
  readonly format: string | undefined;
  readonly output: string | undefined;
  readonly qr: string | true | undefined;
  readonly unencrypted: boolean;
  readonly psk: boolean;
}

/**
 * The format that is asked for. Throws FobError `usage` for everything that can be wrong with the
 * options, before any work is done.
 */
export function chooseFormat(
  { format = USUAL_FORMAT.id, output, qr, unencrypted, psk }: HandingOut,
  context: Pick<Context, "pictures">,
): ExportFormat {
  const chosen = FORMATS.find(({ id }) => id === format);
  if (!chosen) {
    throw new FobError(
      "usage",
      t`${JSON.stringify(format)} is no format: ${FORMAT_NAMES.join(", ")} are`,
    );
  }
  if (unencrypted && !chosen.canBeEncrypted)
    throw new FobError("usage", t`--unencrypted is for --format ${encryptedFormats()}`);
  if (psk && !chosen.keyBytes)
    throw new FobError("usage", t`--psk is for --format ${keyFormats()}`);
  if (psk && unencrypted)
    throw new FobError("usage", t("--psk and --unencrypted exclude each other"));
  if (qr !== undefined && !chosen.isDrawable)
    throw new FobError("usage", t`--format ${format} does not fit into a QR code`);
  if (qr !== undefined && output !== undefined)
    throw new FobError("usage", t("--qr and --output exclude each other"));
  checkQr(qr, context);
  return chosen;
}

function encryptedFormats(): string {
  return EXPORT_FORMATS.flatMap(({ id, canBeEncrypted }) => (canBeEncrypted ? id : [])).join(", ");
}

function keyFormats(): string {
  return FORMATS.flatMap(({ id, keyBytes }) => (keyBytes ? id : [])).join(", ");
}

/** Writes tokens in a format that supports them; asks for a passphrase where it encrypts. */
export async function writeExport(
  format: ExportFormat,
  tokens: readonly ExportedToken[],
  { unencrypted, psk, file }: Pick<HandingOut, "unencrypted" | "psk"> & { readonly file: string },
  { pinPrompt }: Pick<Context, "pinPrompt">,
): Promise<Export> {
  const key = psk ? await askKey(format, file, pinPrompt) : null;
  const asksPassphrase = format.canBeEncrypted && !unencrypted && key === null;
  const passphrase = asksPassphrase ? await askNewPassphrase(pinPrompt, file) : null;
  try {
    return await format.write(tokens, passphrase, key);
  } finally {
    forget(key, passphrase);
  }
}

/**
 * A pre-shared key of a length that the format takes. Rejects with FobError `invalid` for others.
 */
async function askKey(
  { keyBytes = [] }: ExportFormat,
  of: string,
  prompt: PinPrompt,
): Promise<Secret> {
  const key = await askAnyKey(of, prompt);
  if (keyBytes.includes(key.length)) return key;
  const [found, wanted] = [key.length * 8, keyBytes.map((bytes) => bytes * 8).join(", ")];
  forget(key);
  throw new FobError("invalid", t`the key has ${found} bits, and this format takes ${wanted}`);
}

async function askAnyKey(of: string, prompt: PinPrompt): Promise<Secret> {
  const { parseKey } = await import("#enrollment/pskc/decryption.ts");
  const typed = await prompt.ask({ of, role: "key", refusal: null });
  try {
    return parseKey(typed, "invalid");
  } finally {
    forget(typed);
  }
}

/** What handing out needs. */
export type WritingContext = Pick<
  Context,
  "doLongWork" | "pictures" | "progress" | "tell" | "writeSecretFile" | "writeSecretFiles"
>;

/** The exported content: the text to print, or null where it was written to files. */
export interface HandedOut {
  readonly content: string | null;
  readonly files: readonly string[];
}

/** Prints the content, or writes it to files, as the options say. */
export async function handOut(
  made: Export,
  { output, qr }: HandingOut,
  context: WritingContext,
): Promise<HandedOut> {
  const { titles, texts } = made;
  if (qr === true) {
    const remarks = new Set<string>();
    const tell = (remark: string) => void remarks.add(remark);
    const drawings = await Promise.all(
      texts.map((text) => drawForTerminal(text, { ...context, tell })),
    );
    for (const remark of [...remarks].slice(0, 1)) context.tell(remark);
    const shown = drawings.map((drawing, i) => `${titles[i]}\n${drawing ?? texts[i]}`);
    return { content: shown.join("\n\n"), files: [] };
  }
  if (qr === undefined && output === undefined) return { content: texts.join("\n"), files: [] };
  const files = await context.doLongWork(t("interrupted: nothing was written"), async (look) => {
    await look();
    if (qr !== undefined) return drawToFiles(texts, qr, look, context);
    await context.writeSecretFile(output ?? "", Buffer.from(`${texts.join("\n")}\n`));
    return [output ?? ""];
  });
  return { content: null, files };
}

/** A message about the written files. */
export function describeWritten(tokens: number, files: readonly string[], style: Style): string {
  return t`wrote ${plural(tokens, "token")} to ${style.strong(nameFiles(files))}`;
}

/** Warnings about files with secrets. */
export function warnAbout(files: readonly string[]): string[] {
  if (files.length > MAX_NAMED) return [t`${nameFiles(files)} hold secrets: remove them after use`];
  return files.map((file) => t`${file} holds secrets: remove it after use`);
}

function nameFiles(files: readonly string[]): string {
  return files.length > MAX_NAMED ? t`${files[0]} to ${files.at(-1)}` : files.join(", ");
}
