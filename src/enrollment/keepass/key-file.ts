import { createHash } from "node:crypto";
import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { isBase64 } from "#enrollment/secret-text.ts";
import type { Secret } from "#token/secret.ts";

const KEY_BYTES = 32;

/** No key file of KeePass's own form is longer; each other file is its own key. */
const MAX_XML_BYTES = 4_096;

/**
 * The key in a key file of KeePass: the one that its XML holds, in either version, 32 bytes or
 * their 64 hexadecimal digits as they are, and the SHA-256 of every other file. Throws FobError
 * `invalid` for damaged XML.
 */
export function readKeyFile(file: Buffer): Secret {
  const text = file.length <= MAX_XML_BYTES ? file.toString("latin1") : "";
  if (/<KeyFile[\s>]/.test(text)) return keyInXml(text);
  if (file.length === KEY_BYTES) return Buffer.from(file);
  if (/^[0-9a-f]{64}$/i.test(text)) return Buffer.from(text, "hex");
  return createHash("sha256").update(file).digest();
}

function keyInXml(text: string): Secret {
  const version = /<Version>\s*(\d+)\./.exec(text)?.[1];
  const [, attributes = "", written = ""] = /<Data\b([^<>]*)>([^<>]*)<\/Data>/.exec(text) ?? [];
  const data = written.replace(/\s/g, "");
  if (version === "1" && isBase64(data)) return checked(Buffer.from(data, "base64"));
  if (version !== "2") throw damagedKeyFile();
  const key = checked(Buffer.from(data, "hex"));
  const hash = createHash("sha256").update(key).digest("hex").slice(0, 8);
  const wanted = /\bHash="([0-9a-f]{8})"/i.exec(attributes)?.[1];
  if (wanted && wanted.toLowerCase() !== hash) throw damagedKeyFile();
  return key;
}

function checked(key: Buffer): Secret {
  if (key.length === 0) throw damagedKeyFile();
  return key;
}

function damagedKeyFile(): FobError {
  return new FobError("invalid", t("the key file is damaged, or of a newer version"));
}
