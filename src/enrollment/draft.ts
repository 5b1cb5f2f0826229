import type { Credential } from "../token/credential.ts";

/** Which form an enrollment string had; stored with the token and printed as `format`. */
export type EnrollmentFormat = "key-uri" | "activation-code" | "bare-secret";

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
 * A token as read from an enrollment string, before it is stored. `name` is null where the string carries neither
 * issuer nor account, and the user must give one. The caller owns `secret` and zeroes it after use.
 */
export interface EnrollmentDraft {
  readonly format: EnrollmentFormat;
  readonly name: string | null;
  readonly issuer: string | null;
  readonly account: string | null;
  readonly serial: string | null;
  readonly credential: Credential;
  readonly secret: Uint8Array;
  readonly fields: readonly DraftField[];
  readonly findings: readonly Finding[];
}
