import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import type { Look } from "#base/long-work.ts";
import type { Canvas, Context, SecretFile } from "#cli/context.ts";

/** Free modules around a code, as the standard demands. */
const BORDER = 4;

/** Free modules that readers do with, for a small terminal. */
const NARROWEST_BORDER = 2;

const UNBOUNDED: Canvas = {
  hasColor: false,
  columns: Number.POSITIVE_INFINITY,
  rows: Number.POSITIVE_INFINITY,
};

/** Pixels a module of a drawn picture. */
const MODULE_SIZE = 8;

/** Black on white whatever the terminal's own colours are: a reader needs the light border. */
const BLACK_ON_WHITE = "\u001b[38;5;16;48;5;231m";
const RESET = "\u001b[0m";

/** Upper and lower module dark or light, where the character's own colour is the dark one. */
const DARK_INK = " ▀▄█";
/**
 * The same for a terminal whose colours must not be set: most have light text on a dark background.
 */
const LIGHT_INK = "█▄▀ ";

/**
 * A QR code as lines for a terminal, two modules a character, with a narrower border where the
 * usual one has no room. Says where it does not fit: one that is too high can be scrolled; one that
 * is too wide would not be a QR code, and is null.
 */
export async function drawForTerminal(
  text: string,
  { pictures, tell }: TerminalContext,
): Promise<string | null> {
  const canvas = pictures === "none" ? UNBOUNDED : pictures;
  // the line below is the shell's
  const side = Math.min(canvas.columns, 2 * (canvas.rows - 1));
  const { data } = await encode(text, 0);
  const border = Math.max(NARROWEST_BORDER, Math.min(BORDER, Math.floor((side - data.length) / 2)));
  const whole = data.length + 2 * border;
  const size = { columns: whole, rows: Math.ceil(whole / 2) };
  if (whole > side) tell(describeTooLarge(size, canvas));
  if (whole > canvas.columns) return null;
  return drawLines((await encode(text, border)).data, canvas.hasColor);
}

/** What drawing on a terminal needs. */
export type TerminalContext = Pick<Context, "pictures" | "tell">;

function describeTooLarge(size: Size, { columns, rows }: Size): string {
  const needed = t`the QR code takes ${size.columns} columns and ${size.rows + 1} lines`;
  return t`${needed}, and the terminal has ${columns} and ${rows}: --qr FILE.png draws it into a file`;
}

interface Size {
  readonly columns: number;
  readonly rows: number;
}

function drawLines(data: readonly (readonly boolean[])[], hasColor: boolean): string {
  const ink = hasColor ? DARK_INK : LIGHT_INK;
  const lines: string[] = [];
  for (let y = 0; y < data.length; y += 2) {
    const cells = (data[y] ?? []).map(
      (upper, x) => ink[Number(upper) + 2 * Number(data[y + 1]?.[x] ?? false)],
    );
    lines.push(hasColor ? `${BLACK_ON_WHITE}${cells.join("")}${RESET}` : cells.join(""));
  }
  return lines.join("\n");
}

/**
 * One QR code into `path`, or several into files numbered before its ending. Each is new and for
 * its owner alone: all of them are written, or none, also when `look` ends the work. Returns their
 * paths.
 */
export async function drawToFiles(
  texts: readonly string[],
  path: string,
  look: Look,
  context: Pick<Context, "progress" | "writeSecretFiles">,
): Promise<string[]> {
  const paths = texts.map((_, i) =>
    texts.length === 1 ? path : path.replace(/(\.[^.]*)?$/, `-${i + 1}$1`),
  );
  const progress = context.progress(texts.length, "pictures");
  try {
    const drawn: SecretFile[] = [];
    for (const [i, text] of texts.entries()) {
      await look();
      const file = paths[i] ?? path;
      drawn.push({ path: file, bytes: await drawForFile(text, file) });
      progress.step();
    }
    await look();
    await context.writeSecretFiles(drawn);
    return paths;
  } finally {
    progress.end();
  }
}

/**
 * The modules of a QR code. Throws FobError `usage` for a text that is too long for the largest
 * one.
 */
async function encode(text: string, border = BORDER) {
  const { encode: encodeText } = await import("uqr");
  try {
    // the lowest level of error correction makes the smallest code, and a screen has no stains
    return encodeText(text, { border, ecc: "L" });
  } catch (cause) {
    throw new FobError("usage", t`${Buffer.byteLength(text)} bytes do not fit into a QR code`, {
      hint: t("without --qr it is a text, which --output FILE writes into a file"),
      cause,
    });
  }
}

/**
 * A QR code as an image file; the extension of `path` selects the format. Throws FobError `usage`
 * for another extension.
 */
async function drawForFile(text: string, path: string): Promise<Buffer> {
  if (/\.svg$/i.test(path)) {
    await encode(text);
    return Buffer.from((await import("uqr")).renderSVG(text, { border: BORDER }));
  }
  if (/\.png$/i.test(path)) return drawPng(text);
  throw new FobError("usage", t`${path} is neither .png nor .svg`);
}

async function drawPng(text: string): Promise<Buffer> {
  const { data, size } = await encode(text);
  const { Jimp } = await import("jimp");
  const side = size * MODULE_SIZE;
  const picture = new Jimp({ width: side, height: side, color: 0xffffffff });
  const { data: pixels } = picture.bitmap;
  for (let y = 0; y < side; y++) {
    const row = data[Math.floor(y / MODULE_SIZE)] ?? [];
    for (let x = 0; x < side; x++) {
      if (row[Math.floor(x / MODULE_SIZE)])
        pixels.fill(0, (y * side + x) * 4, (y * side + x) * 4 + 3);
    }
  }
  return picture.getBuffer("image/png");
}
