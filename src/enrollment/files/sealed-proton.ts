import * as v from "valibot";
import { decrypt } from "#base/gcm.ts";
import {
  base64Bytes,
  GCM_OVERHEAD_BYTES,
  type OpenFile,
  openSealed,
  readSealedJson,
} from "./sealed-file.ts";

const APP = "Proton Authenticator";
const VERSION = 1;
const SALT_BYTES = 16;

/** How Proton Authenticator derives a key from a password. */
const DERIVATION = {
  kdf: "argon2id",
  keyBytes: 32,
  costs: { memory: 19 * 2 ** 10, passes: 2, lanes: 1 },
} as const;

/** The additional authenticated data. */
const CONTEXT = "proton.authenticator.export.v1";

const MarkSchema = v.object({ version: v.number(), salt: v.string(), content: v.string() });

const ExportSchema = v.object({
  salt: v.pipe(base64Bytes, v.length(SALT_BYTES)),
  content: v.pipe(base64Bytes, v.minLength(GCM_OVERHEAD_BYTES)),
});

/** The content of a Proton Authenticator export with a password: its plain export. */
export const openProton: OpenFile = async (file, opening) => {
  const found = readSealedJson(file, {
    app: APP,
    version: VERSION,
    mark: MarkSchema,
    schema: ExportSchema,
  });
  if (!found) return null;
  const { salt, content } = found;
  return openSealed(APP, [{ ...DERIVATION, salt }], opening, (key) =>
    decrypt(key, content, CONTEXT),
  );
};
