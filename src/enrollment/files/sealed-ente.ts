import * as v from "valibot";
import { readLines } from "#enrollment/lines.ts";
import { openStream, STREAM_HEADER_BYTES } from "#enrollment/secret-stream.ts";
import { forget } from "#token/secret.ts";
import type { AppFormat, AppItem } from "./app-file.ts";
import { withBelongings } from "./belongings.ts";
import { besideInEnte } from "./ente.ts";
import {
  base64Bytes,
  MIN_SALT_BYTES,
  openSealed,
  readSealedJson,
  textOfOpened,
} from "./sealed-file.ts";

const APP = "Ente Auth";
const VERSION = 1;

const MarkSchema = v.object({
  version: v.number(),
  kdfParams: v.unknown(),
  encryptedData: v.unknown(),
});

const cost = v.pipe(v.number(), v.integer(), v.minValue(1));

const ExportSchema = v.object({
  kdfParams: v.object({
    memLimit: cost,
    opsLimit: cost,
    salt: v.pipe(base64Bytes, v.minLength(MIN_SALT_BYTES)),
  }),
  encryptedData: base64Bytes,
  encryptionNonce: v.pipe(base64Bytes, v.length(STREAM_HEADER_BYTES)),
});

/** The encrypted export of Ente Auth: a list of enrollment strings, as its plain one is. */
export const ente = {
  id: "ente-auth",
  app: APP,
  async read(file, askSecret, effort) {
    const found = readSealedJson(file, {
      app: APP,
      version: VERSION,
      mark: MarkSchema,
      schema: ExportSchema,
    });
    if (!found) return null;
    const { kdfParams, encryptedData, encryptionNonce } = found;
    const derivation = {
      kdf: "argon2id",
      salt: kdfParams.salt,
      keyBytes: 32,
      costs: {
        memory: Math.floor(kdfParams.memLimit / 2 ** 10),
        passes: kdfParams.opsLimit,
        lanes: 1,
      },
    } as const;
    const opened = await openSealed(APP, [derivation], { askSecret, effort }, (key) =>
      openStream(key, encryptionNonce, encryptedData),
    );
    try {
      return readLines(textOfOpened(opened, APP)).flatMap(({ text }): AppItem[] => {
        const found = besideInEnte(text);
        return found?.isTrashed
          ? [{ leftBehind: "trash" }]
          : withBelongings([{ enrollment: text }], found?.beside ?? {});
      });
    } finally {
      forget(opened);
    }
  },
} as const satisfies AppFormat;
