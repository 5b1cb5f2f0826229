import type { OtpCredential } from "#token/credential.ts";
import type { RequiredPin } from "#token/draft/parsed-token.ts";

/** The fields of a token in a Key URI. */
export interface KeyUriParts {
  readonly issuer: string | null;
  readonly account: string | null;
  readonly serial: string | null;
  readonly credential: OtpCredential;
  readonly secret: Uint8Array;
  /** The PIN that its issuer requires, or its user has chosen. */
  readonly pin?: RequiredPin;
}

/** A token to export: the fields of a Key URI, and its name here. The caller forgets the secret. */
export interface ExportedToken extends KeyUriParts {
  /** Random, fixed for the token's life; 16 hexadecimal digits. */
  readonly id: string;
  readonly name: string;
  /** What it is sorted under. */
  readonly tags?: readonly string[];
  /** Whether it is listed before the others. */
  readonly favorite?: boolean;
  /** Its note; absent where it has none. */
  readonly note?: string;
}

/**
 * A token as it is written where a name has no place: one that has neither issuer nor account has
 * its name for an account, by which it is called when it is read.
 */
export function withLabel(token: ExportedToken): ExportedToken {
  const { issuer, account, name } = token;
  return issuer === null && account === null ? { ...token, account: name } : token;
}

/** What an export came to: texts, each a line, a file or a picture, and the title of each. */
export interface Export {
  readonly titles: readonly string[];
  readonly texts: readonly string[];
}

/** What stands beside a token, and has a place in some formats. */
export type BesideToken = "tags" | "favorite" | "note";

/** A kind of file that tokens can be written to. */
export interface ExportFormat {
  /** What `--format` calls it. */
  readonly id: string;
  /** Whether each text is short enough for a QR code. */
  readonly isDrawable: boolean;
  /** What it has a place for beside a token; absent for nothing. */
  readonly keeps?: readonly BesideToken[];
  /** Whether `write` encrypts for a passphrase. */
  readonly canBeEncrypted: boolean;
  /** The allowed lengths of a pre-shared key, in bytes; absent where the format takes none. */
  readonly keyBytes?: readonly number[];
  /** Why a token cannot be written in this format without loss, or null when it can. */
  refuse(token: ExportedToken): string | null;
  /**
   * Writes tokens that were not refused, encrypted where there is a passphrase (UTF-8) or a key
   * that the other side has already.
   */
  write(
    tokens: readonly ExportedToken[],
    passphrase: Uint8Array | null,
    preSharedKey?: Uint8Array | null,
  ): Promise<Export>;
}
