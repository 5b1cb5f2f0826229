import { isUtf8 } from "node:buffer";
import * as v from "valibot";
import { FobError } from "#base/fob-error.ts";
import { NONCE_BYTES, TAG_BYTES } from "#base/gcm.ts";
import { t } from "#base/language.ts";
import type { Effort } from "#enrollment/effort.ts";
import { type Derivation, type Opening, openWithPassphrase } from "#enrollment/passphrase.ts";
import { isBase64 } from "#enrollment/secret-text.ts";
import type { AskSecret } from "#token/draft/parsed-token.ts";
import { forget, type Secret } from "#token/secret.ts";
import type { AppFormat } from "./app-file.ts";
import { ForeignFile } from "./foreign-file.ts";
import { refuseOtherVersion } from "./newer-version.ts";

/** Argon2's own minimum (RFC 9106 section 3.1), in bytes. */
export const MIN_SALT_BYTES = 8;

/**
 * Bytes in Base64 in a field of a JSON file. Where there is no padding it is not asked for, since
 * apps differ.
 */
export const base64Bytes = v.pipe(
  v.string(),
  v.transform((text) => text.padEnd(Math.ceil(text.length / 4) * 4, "=")),
  v.check(isBase64),
  v.transform((text) => Buffer.from(text, "base64")),
);

/**
 * Decrypts the text of an app's encrypted file; null for any other file. Rejects with FobError
 * `denied` for a wrong password.
 */
export type OpenFile = (file: ForeignFile, opening: Opening) => Promise<Secret | null>;

/**
 * The format of an app that writes its plain file also in encrypted form: `open` decrypts that, and
 * the reader of the plain file reads what is in it.
 */
export function orSealed<const Id extends string, const App extends string>(
  plain: AppFormat & { readonly id: Id; readonly app: App },
  open: OpenFile,
) {
  return {
    id: plain.id,
    app: plain.app,
    async read(file: ForeignFile, askSecret: AskSecret, effort: Effort) {
      const opened = await open(file, { askSecret, effort });
      if (!opened) return plain.read(file, askSecret, effort);
      try {
        const entries = await plain.read(contentOf(opened, plain.app), askSecret, effort);
        if (entries) return entries;
        throw holdsSomethingElse(plain.app);
      } finally {
        forget(opened);
      }
    },
  } as const satisfies AppFormat;
}

/** The decrypted content, as the file that the app would have written without a password. */
export function contentOf(opened: Secret, app: string): ForeignFile {
  return new ForeignFile(opened, textOfOpened(opened, app));
}

/** What was decrypted, as a text. Throws FobError `invalid` for bytes that are none. */
export function textOfOpened(opened: Secret, app: string): string {
  if (!isUtf8(opened)) throw holdsSomethingElse(app);
  return opened.toString("utf8").trim();
}

/**
 * {@link openWithPassphrase} for a file of `app`. Rejects with FobError `denied` when the password
 * opens nothing.
 */
export async function openSealed<D extends Derivation, T>(
  app: string,
  derivations: readonly D[],
  opening: Opening,
  open: (key: Secret, derivation: D) => T | null | Promise<T | null>,
): Promise<T> {
  const opened = await openWithPassphrase(derivations, null, opening, open);
  if (opened === null) throw wrongPassword(app);
  return opened;
}

/** How an app writes an encrypted file as JSON. */
interface SealedJson<Schema extends v.GenericSchema> {
  readonly app: string;
  /** The only version of it that is known. */
  readonly version: number;
  /** The fields that tell it from other files, of whatever version. */
  readonly mark: v.GenericSchema<{ readonly version: number }>;
  readonly schema: Schema;
}

/**
 * The fields of an encrypted file that is JSON; null for any other file. Throws FobError `invalid`
 * for one of another version, or one that is damaged.
 */
export function readSealedJson<const Schema extends v.GenericSchema>(
  file: ForeignFile,
  { app, version, mark, schema }: SealedJson<Schema>,
): v.InferOutput<Schema> | null {
  const json = file.json();
  if (!v.is(mark, json)) return null;
  refuseOtherVersion(app, json.version, version);
  const parsed = v.safeParse(schema, json, { abortEarly: true });
  if (!parsed.success) throw damagedFile(app);
  return parsed.output;
}

/**
 * What was decrypted, as JSON of this shape; the text is forgotten. Throws FobError `invalid` for
 * anything else.
 */
export function jsonOfOpened<const Schema extends v.GenericSchema>(
  opened: Secret,
  app: string,
  schema: Schema,
): v.InferOutput<Schema> {
  try {
    const found = v.safeParse(schema, contentOf(opened, app).json(), { abortEarly: true });
    if (found.success) return found.output;
    throw holdsSomethingElse(app);
  } finally {
    forget(opened);
  }
}

/** What GCM needs at least, in bytes: a nonce before the ciphertext, and a tag behind it. */
export const GCM_OVERHEAD_BYTES = NONCE_BYTES + TAG_BYTES;

/** For an encrypted file of which a part is missing or makes no sense. */
export function damagedFile(app: string): FobError {
  return new FobError("invalid", t`this encrypted file of ${app} is damaged or was cut off`);
}

/** For a file whose encryption, or the derivation of its key, is one that fob does not have. */
export function unknownMethod(app: string, method: string): FobError {
  return new FobError(
    "invalid",
    t`this file of ${app} is encrypted with ${method}, which this fob does not read`,
    { hint: t("a newer fob may read it; or export it without a password") },
  );
}

/** The error for a password that opens nothing; an altered file gives the same error. */
function wrongPassword(app: string): FobError {
  return new FobError("denied", t`the password does not open this file of ${app}`, {
    hint: t("if the password is right, the file is damaged or was cut off"),
  });
}

/** The error for a right password and content that the app does not write. */
export function holdsSomethingElse(app: string): FobError {
  return new FobError(
    "invalid",
    t`this file of ${app} opens, and holds something else than tokens`,
  );
}
