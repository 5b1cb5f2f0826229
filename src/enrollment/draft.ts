import type { Credential } from "../token/credential.ts";

/** How much a finding matters: an `error` prevents enrollment, a `warning` wants a person's eye, `info` states an assumption. */
export type Severity = "error" | "warning" | "info";

/** Something noteworthy about an enrollment string. `code` is stable and kebab-case; `message` is for people and holds no secret. */
export interface Finding {
  readonly severity: Severity;
  readonly code: string;
  readonly message: string;
}

/** One parameter as it was understood, and where its value comes from. The secret is never among them. */
export interface DraftField {
  readonly name: string;
  readonly value: string;
  readonly origin: "given" | "default" | "assumed";
}

/**
 * A token as read from an enrollment string, before it is stored. `name` is null where the string carries neither issuer nor
 * account, and the user must give one. The caller owns `secret` and forgets it after use.
 */
export interface EnrollmentDraft {
  /** Which form the string had: `key-uri`, `migration`, `steam`, `activation-code`, `bare-secret`. */
  readonly format: string;
  readonly name: string | null;
  readonly issuer: string | null;
  readonly account: string | null;
  readonly serial: string | null;
  readonly credential: Credential;
  readonly secret: Uint8Array;
  readonly fields: readonly DraftField[];
  readonly findings: readonly Finding[];
}

/** One form of enrollment string. */
export interface EnrollmentFormat {
  readonly id: string;
  /** An example or a few words, for the message that lists what is known. */
  readonly example: string;
  /** Whether the text has this form, right or wrong: the format's own parser then says what is wrong with it. */
  matches(text: string): boolean;
  /** The tokens in the text. Rejects with FobError `invalid` naming what is wrong. Loads what it needs only now. */
  parse(text: string): EnrollmentDraft[] | Promise<EnrollmentDraft[]>;
}
