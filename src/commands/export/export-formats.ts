import { t } from "#base/language.ts";
import type { Context } from "#cli/context.ts";
import type { ExportedToken, ExportFormat } from "#enrollment/exported-token.ts";
import { aegisExport, formatAegis } from "#enrollment/files/aegis-writer.ts";
import { formatKeyUri } from "#enrollment/formats/key-uri-writer.ts";
import { formatMigration, migrationExport } from "#enrollment/formats/migration-writer.ts";
import { formatPskc, pskcExport } from "#enrollment/pskc/write-pskc.ts";
import { forget } from "#token/secret.ts";
import { askNewPassphrase } from "#vault/pins/pin-prompt.ts";

/**
 * What an export came to: texts, each of them a line, a file or a picture, and what each is called.
 */
export interface Export {
  readonly titles: readonly string[];
  readonly texts: readonly string[];
}

/** One of the formats of `fob export`. */
export interface ExportChoice extends Pick<ExportFormat, "refuse"> {
  /** Whether each text is short enough for a QR code. */
  readonly isDrawable: boolean;
  readonly canBeEncrypted: boolean;
  /**
   * Writes tokens that were not refused; asks for the passphrase of `file` where the format is
   * encrypted.
   */
  write(
    tokens: readonly ExportedToken[],
    options: { readonly unencrypted: boolean; readonly file: string },
    context: Context,
  ): Promise<Export>;
}

/** By the names that `--format` takes. */
export const EXPORT_FORMATS: Readonly<Record<string, ExportChoice>> = {
  uri: {
    refuse: () => null,
    isDrawable: true,
    canBeEncrypted: false,
    async write(tokens) {
      return { titles: tokens.map(({ name }) => name), texts: tokens.map(formatKeyUri) };
    },
  },
  aegis: {
    ...aegisExport,
    isDrawable: false,
    canBeEncrypted: true,
    async write(tokens, { unencrypted, file }, context) {
      const password = unencrypted ? null : await askNewPassphrase(context.pinPrompt, file);
      const text = await formatAegis(tokens, password);
      forget(password);
      return { titles: ["Aegis"], texts: [text.trimEnd()] };
    },
  },
  pskc: {
    ...pskcExport,
    isDrawable: false,
    canBeEncrypted: true,
    async write(tokens, { unencrypted, file }, context) {
      const passphrase = unencrypted ? null : await askNewPassphrase(context.pinPrompt, file);
      const text = await formatPskc(tokens, passphrase);
      forget(passphrase);
      return { titles: ["PSKC"], texts: [text.trimEnd()] };
    },
  },
  migration: {
    ...migrationExport,
    isDrawable: true,
    canBeEncrypted: false,
    async write(tokens) {
      const texts = await formatMigration(tokens);
      return { titles: texts.map((_, i) => t`code ${i + 1} of ${texts.length}`), texts };
    },
  },
};
