import type { Context } from "#cli/context.ts";
import { type FileContent, MAX_APP_FILE_BYTES, readAppFile } from "#enrollment/files/read-file.ts";
import { askSecretFor, type SecretContext } from "./ask-secret.ts";

/** Any file can be a key file; what people choose are pictures at most. */
const MAX_KEY_FILE_BYTES = 16 * 1024 * 1024;

/** What reading a foreign file needs. */
export type FileContext = SecretContext &
  Pick<Context, "endAtSignals" | "readFile" | "readQrCodes">;

/**
 * What is in another app's file, a list or a picture. What is encrypted is opened with what the
 * person says, and the key file at `keyPath` if there is one.
 */
export async function readFileOf(
  path: string,
  context: FileContext,
  keyPath?: string,
): Promise<FileContent> {
  const bytes = await context.readFile(path, MAX_APP_FILE_BYTES);
  const keyFile = keyPath !== undefined && (await context.readFile(keyPath, MAX_KEY_FILE_BYTES));
  return context.endAtSignals(() =>
    readAppFile(bytes, path, {
      askSecret: askSecretFor(path, context),
      ...(keyFile && { keyFile }),
      readQrCodes: (picture) => context.readQrCodes(picture, path),
    }),
  );
}
