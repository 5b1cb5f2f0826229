import * as v from "valibot";
import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import type { Effort } from "#enrollment/effort.ts";
import { MAX_ENTRIES } from "#enrollment/lines.ts";
import { parseJson } from "#token/bounded-json.ts";
import type { AskSecret } from "#token/draft/parsed-token.ts";
import { forget } from "#token/secret.ts";
import type { ForeignFile } from "./foreign-file.ts";

/** A token as another app's file describes it, in the terms of a Key URI. */
export interface AppEntry {
  /** `totp`, `hotp`, `steam`, or whatever else the app has, which is then refused by this name. */
  readonly type: string;
  readonly issuer?: string | null | undefined;
  readonly account?: string | null | undefined;
  /** In Base32. */
  readonly secret: string;
  readonly algorithm?: string | null | undefined;
  readonly digits?: number | string | null | undefined;
  readonly period?: number | string | null | undefined;
  readonly counter?: number | string | null | undefined;
}

/**
 * A token that a password manager keeps as an enrollment string, beside the names of the login that
 * it belongs to.
 */
export interface AppLogin {
  readonly enrollment: string;
  readonly issuer?: string | null | undefined;
  readonly account?: string | null | undefined;
}

/** One kind of file that another app exports. */
export interface AppFormat {
  /** Stored with the token as its format; stable, kebab-case. */
  readonly id: string;
  /** The app's name, for people. */
  readonly app: string;
  /**
   * The tokens in a file, or null when it is not of this kind. What is encrypted is opened with
   * `openWithPassphrase`. Rejects with FobError `invalid` for a damaged file, `denied` for a wrong
   * passphrase.
   */
  read(
    file: ForeignFile,
    askSecret: AskSecret,
    effort: Effort,
  ): Promise<readonly (AppEntry | AppLogin)[] | null>;
}

/**
 * What an encrypted file holds: the JSON that its password opened, which is forgotten. `file` names
 * it in messages. Throws FobError `denied` where the password opened nothing, `invalid` for other
 * data.
 */
export function readOpened<const Content extends v.GenericSchema>(
  json: Buffer | null,
  content: Content,
  file: string,
): v.InferOutput<Content> {
  if (!json) throw new FobError("denied", t`the password does not open ${file}`);
  const found = v.safeParse(content, parseJson(json.toString()), { abortEarly: true });
  forget(json);
  if (found.success) return found.output;
  throw new FobError("invalid", t`${file} opens, and holds something else than tokens`);
}

/**
 * A list in a file, not longer than a list can be: its length is looked at before anything in it.
 */
export function listOf<const Item extends v.GenericSchema>(item: Item) {
  return v.pipe(v.array(v.unknown()), v.maxLength(MAX_ENTRIES), v.array(item));
}
