import type { Credential, OtpCredential } from "#token/credential.ts";
import type {
  AskSecret,
  EnrollmentServices,
  ParsedOnline,
  ParsedToken,
} from "#token/draft/parsed-token.ts";
import type { Effort } from "./effort.ts";

/**
 * A token and the format that it was read from, before it is stored. What fob reads itself has the
 * id of a format in its lists; a token from a backup may have one that another version knows.
 */
export interface EnrollmentDraft<
  C extends Credential = OtpCredential,
  Format extends string = string,
> extends ParsedToken<C> {
  readonly format: Format;
}

/**
 * An enrollment string that holds no token but the address of a server that makes one, and its
 * format. Reading it sends nothing.
 */
export interface OnlineEnrollment<Format extends string = string> extends ParsedOnline {
  readonly format: Format;
  complete(services: EnrollmentServices): Promise<EnrollmentDraft<Credential, Format>[]>;
}

/** The good tokens of a text that holds many, and for each of the others, why it was refused. */
export interface ParsedFile {
  readonly drafts: readonly ParsedToken[];
  readonly refusals: readonly string[];
}

/** What every form of enrollment string has. */
interface StringForm {
  /** Stored with the token; stable, kebab-case. */
  readonly id: string;
  /** An example or a few words, for the message that lists the known formats. */
  readonly example: string;
  /** Whether one string may have several lines. */
  readonly isMultiline?: boolean;
  /** The longest text that can have this form, in characters; 65,536 unless told. */
  readonly maxLength?: number;
  /** Whether the text has this form, valid or not: the format's own parser reports errors. */
  matches(text: string): boolean;
}

/** A form whose text holds its tokens. */
export interface TokenFormat extends StringForm {
  /**
   * The tokens in the text. Rejects with FobError `invalid` naming what is wrong. Loads what it
   * needs only now. Its derivations are charged to `effort`.
   */
  parse(
    text: string,
    askSecret: AskSecret,
    effort: Effort,
  ): ParsedToken[] | Promise<readonly ParsedToken[]>;
  /**
   * For a text that holds many tokens, each independent of the others: its name, and its valid
   * tokens. Rejects with FobError where the text itself is damaged.
   */
  readonly many?: {
    readonly name: string;
    parse(text: string, askSecret: AskSecret, effort: Effort): Promise<ParsedFile>;
  };
}

/** A form whose text names the server that makes the token. */
export interface OnlineFormat extends StringForm {
  /** The content of the text. Nothing is sent. Throws FobError `invalid`. */
  parseOnline(text: string): ParsedOnline;
}

/** One form of enrollment string. */
export type EnrollmentFormat = TokenFormat | OnlineFormat;
