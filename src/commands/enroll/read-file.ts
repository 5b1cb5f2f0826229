import type { Context } from "#cli/context.ts";
import { type FileContent, MAX_APP_FILE_BYTES, readAppFile } from "#enrollment/files/read-file.ts";
import { askSecretFor, type SecretContext } from "./ask-secret.ts";

/** What reading a foreign file needs. */
export type FileContext = SecretContext &
  Pick<Context, "endAtSignals" | "readFile" | "readQrCodes">;

/**
 * What is in another app's file, a list or a picture. What is encrypted is opened with what the
 * person says.
 */
export async function readFileOf(path: string, context: FileContext): Promise<FileContent> {
  const bytes = await context.readFile(path, MAX_APP_FILE_BYTES);
  return context.endAtSignals(() =>
    readAppFile(bytes, path, {
      askSecret: askSecretFor(path, context),
      readQrCodes: (picture) => context.readQrCodes(picture, path),
    }),
  );
}
