import type { HttpClient } from "#base/http-client.ts";
import { t } from "#base/language.ts";
import type { Credential, OtpCredential } from "#token/credential.ts";
import type { PinPolicy } from "#token/pin-policy.ts";

/**
 * How much a finding matters: an `error` prevents enrollment, a `warning` wants a person's eye,
 * `info` states an assumption.
 */
export type Severity = "error" | "warning" | "info";

/** A severity as people read it. */
export function severityInWords(severity: Severity): string {
  return { error: t("error"), warning: t("warning"), info: t("note") }[severity];
}

/**
 * Something noteworthy about an enrollment string. `code` is stable and kebab-case; `message` is
 * for people and holds no secret.
 */
export interface Finding {
  readonly severity: Severity;
  readonly code: string;
  readonly message: string;
}

/**
 * One parameter as it was understood, and where its value comes from. The token's secret is never
 * among them.
 */
export interface DraftField {
  readonly name: string;
  readonly value: string;
  readonly origin: "given" | "default" | "assumed";
  /** Whether it is shown only to who asks for it: a one-time password of the enrollment. */
  readonly isSecret?: boolean;
}

/**
 * A token as a format reads it. `name` is null where the string carries neither issuer nor account,
 * and the user must give one. Only a server makes push tokens: what a text itself holds is computed
 * with. The caller owns `secret` and forgets it after use.
 */
export interface ParsedToken<C extends Credential = OtpCredential> {
  readonly name: string | null;
  readonly issuer: string | null;
  readonly account: string | null;
  readonly serial: string | null;
  readonly credential: C;
  readonly secret: Uint8Array;
  readonly fields: readonly DraftField[];
  readonly findings: readonly Finding[];
  /** The PIN that the issuer wants; absent where that is left to the user. */
  readonly pin?: RequiredPin;
  /** From when until when the issuer allows its use; null for an end that is open. */
  readonly validity?: { readonly from: Date | null; readonly until: Date | null };
  /**
   * What the user must give the issuer before the token counts: our part of its secret. Another one
   * each time the string is read.
   */
  readonly clientPart?: string;
}

/** What a format reads in a string that holds no token, but says where to get one. */
export interface ParsedOnline {
  /** What is known before the server was asked; null where that is nothing. */
  readonly name: string | null;
  readonly issuer: string | null;
  readonly account: string | null;
  readonly serial: string | null;
  /** The server's name, and its port if it is an unusual one. */
  readonly server: string;
  readonly fields: readonly DraftField[];
  readonly findings: readonly Finding[];
  /** The PIN that the issuer wants, where the string itself says so. */
  readonly pin?: RequiredPin;
  /**
   * Gets the tokens from the server, which takes the string once: the caller has everything ready
   * to store them. Rejects with FobError `rejected` when the server refuses or cannot prove who it
   * is, `unavailable` when it cannot be reached; then every secret made for it is forgotten.
   */
  complete(services: EnrollmentServices): Promise<ParsedToken<Credential>[]>;
}

/** What an enrollment with a server needs of its surroundings. */
export interface EnrollmentServices {
  readonly http: HttpClient;
  randomBytes(size: number): Buffer;
  now(): Date;
  /** Asks for what the string does not say; `of` names it. */
  readonly askSecret: AskSecret;
  /** Whether the user wants to talk to a server that nothing vouches for. */
  readonly isInsecure: boolean;
  /** Notes one step for the enrollment log. Neither text holds a secret. */
  trace(step: string, detail: string): void;
}

/**
 * What opens an encrypted enrollment: a passphrase in UTF-8, or a key as people write it. `of`
 * names the thing to be opened.
 */
export type AskSecret = (role: "passphrase" | "key", of: string | null) => Promise<Uint8Array>;

/**
 * A PIN that guards the token here (`user`), or that is typed together with its passcodes at the
 * login (`server`).
 */
export type RequiredPin = UserPin | { readonly type: "server" };

/** A PIN that its user chooses under the issuer's policy. */
export interface UserPin {
  readonly type: "user";
  readonly policy: PinPolicy;
}
