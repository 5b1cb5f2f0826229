import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import type { Context } from "#cli/context.ts";
import { drawForTerminal, drawToFiles } from "#commands/qr-drawing.ts";

/**
 * QR codes as asked for: lines for the terminal, or the file they went to. Neither where the
 * terminal is too narrow.
 */
export interface Drawn {
  readonly drawing: string | null;
  readonly file: string | null;
}

/** What drawing QR codes needs. */
export type QrContext = Pick<
  Context,
  "look" | "pictures" | "progress" | "tell" | "writeSecretFiles"
>;

/** Refuses a `--qr` that cannot be drawn, before anything is made. Throws FobError `usage`. */
export function checkQr(qr: string | true | undefined, context: Pick<Context, "pictures">): void {
  if (qr === true && context.pictures === "none") {
    throw new FobError(
      "usage",
      t(
        "--qr draws on a terminal only, and not with --plain: --qr FILE.png or FILE.svg writes a file",
      ),
    );
  }
  if (typeof qr === "string" && !/\.(png|svg)$/i.test(qr))
    throw new FobError("usage", t`${qr} is neither .png nor .svg`);
}

/** Draws a text as `--qr` says: not at all, in the terminal, or into a new file. */
export async function drawQr(
  text: string,
  qr: string | true | undefined,
  context: QrContext,
): Promise<Drawn> {
  if (qr === undefined) return { drawing: null, file: null };
  if (qr === true) return { drawing: await drawForTerminal(text, context), file: null };
  const [file = qr] = await drawToFiles([text], qr, context.look, context);
  return { drawing: null, file };
}
