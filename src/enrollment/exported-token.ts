import type { KeyUriParts } from "#enrollment/formats/key-uri-writer.ts";

/**
 * A token on its way into a file: what a Key URI says, and what it is called here. Whoever asked
 * for it forgets the secret.
 */
export interface ExportedToken extends KeyUriParts {
  /** Random, fixed for the token's life; 16 hexadecimal digits. */
  readonly id: string;
  readonly name: string;
}

/** A kind of file that tokens can be written to. */
export interface ExportFormat {
  readonly id: string;
  /** Why a token cannot be written in this format without loss, or null when it can. */
  refuse(token: ExportedToken): string | null;
}
