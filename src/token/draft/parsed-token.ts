import type { HttpClient } from "#base/http-client.ts";
import { t } from "#base/language.ts";
import type { RecoveryCode } from "#token/code-list.ts";
import type { Credential, OtpCredential } from "#token/credential.ts";
import type { PinPolicy } from "#token/pin-policy.ts";
import type { PinOrder } from "#token/token.ts";

/**
 * The severity of a finding: an `error` prevents enrollment, a `warning` needs a person's
 * attention, `info` states an assumption.
 */
export type Severity = "error" | "warning" | "info";

/** A severity in words. */
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

/** One parameter of an enrollment string, and the origin of its value. Never the token's secret. */
export interface DraftField {
  readonly name: string;
  readonly value: string;
  readonly origin: "given" | "default" | "assumed";
  /** Whether it is shown only on request: a one-time password of the enrollment. */
  readonly isSecret?: boolean;
}

/**
 * A token that a format has parsed. `name` is null where the string has neither issuer nor account,
 * and the user must choose one. Push credentials come only from servers; the text of a string holds
 * the others. The caller owns `secret` and wipes it after use.
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
  /** The PIN that the issuer requires; absent where the user decides. */
  readonly pin?: RequiredPin;
  /** The period in which the issuer allows the token to be used; null for an open end. */
  readonly validity?: { readonly from: Date | null; readonly until: Date | null };
  /**
   * Our part of the secret, which the user must give to the issuer before the token works. It is
   * random: each parse of the string gives another one.
   */
  readonly clientPart?: string;
  /** What another app sorts the token under; absent where it says nothing. */
  readonly tags?: readonly string[];
  /** Whether another app lists it before the others; absent where it says nothing. */
  readonly favorite?: boolean;
  /** The note that another app keeps with it, as it is stored; absent where there is none. */
  readonly note?: string;
  /** Its recovery codes in a backup; absent elsewhere. */
  readonly recoveryCodes?: readonly RecoveryCode[];
}

/**
 * A parsed enrollment string that has no token itself, but the address of a server to get it from.
 */
export interface ParsedOnline {
  /** Known before the request to the server; else null. */
  readonly name: string | null;
  readonly issuer: string | null;
  readonly account: string | null;
  readonly serial: string | null;
  /** The server's host name, with its port unless it is the default. */
  readonly server: string;
  readonly fields: readonly DraftField[];
  readonly findings: readonly Finding[];
  /** The PIN that the issuer requires, if the string says so. */
  readonly pin?: RequiredPin;
  /** What tells the token at its server, where the string says so: see `keyAtServer`. */
  readonly key?: string;
  /**
   * Gets the tokens from the server. The string works only once, so the caller must be ready to
   * store them. Rejects with FobError `rejected` when the server refuses or cannot be
   * authenticated, `unavailable` when it cannot be reached; all new secrets are wiped then.
   */
  complete(services: EnrollmentServices): Promise<ParsedToken<Credential>[]>;
}

/** The services that an online enrollment needs. */
export interface EnrollmentServices {
  readonly http: HttpClient;
  randomBytes(size: number): Buffer;
  now(): Date;
  /** Asks for a secret that the string does not have. */
  readonly askSecret: AskSecret;
  /** Whether the user accepts plain http and untrusted certificates. */
  readonly isInsecure: boolean;
  /** Writes a step to the enrollment log. Neither text contains a secret. */
  trace(step: string, detail: string): void;
}

/**
 * Asks for the secret of an encrypted enrollment: a passphrase in UTF-8, or a key as people write
 * it. `of` names the thing to decrypt.
 */
export type AskSecret = (role: "passphrase" | "key", of: string | null) => Promise<Uint8Array>;

/**
 * A required PIN: one that protects the token in the vault (`user`), or one that is typed together
 * with its passcodes at login (`server`).
 */
export type RequiredPin = UserPin | ServerPin;

/** A PIN that the server asks for, before or after the passcode. */
export interface ServerPin {
  readonly type: "server";
  readonly order: PinOrder;
}

/** A PIN that its user chooses under the issuer's policy. */
export interface UserPin {
  readonly type: "user";
  readonly policy: PinPolicy;
}
