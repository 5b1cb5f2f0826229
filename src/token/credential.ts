import type { HashAlgorithm } from "#otp/algorithm.ts";
import type { Alphabet } from "#otp/alphabet.ts";
import { PIN_KINDS, type PinKind } from "#otp/pin-kind.ts";
import type { PushCredential } from "./push-credential.ts";

/** Time-based passcodes (RFC 6238). `period` and `t0` are in seconds. */
export interface TotpCredential {
  readonly kind: "totp";
  readonly algorithm: HashAlgorithm;
  readonly digits: number;
  readonly alphabet: Alphabet;
  readonly period: number;
  readonly t0: number;
}

/** Event-based passcodes (RFC 4226). `counter` is that of the next passcode. */
export interface HotpCredential {
  readonly kind: "hotp";
  readonly algorithm: HashAlgorithm;
  readonly digits: number;
  readonly alphabet: Alphabet;
  readonly counter: bigint;
}

/**
 * Challenge-response (RFC 6287). `counter` is that of the next response, null where the suite has
 * no C.
 */
export interface OcraCredential {
  readonly kind: "ocra";
  readonly suite: string;
  readonly counter: bigint | null;
}

/**
 * Mobile-OTP and Yandex: time-based passcodes with a PIN that is an input of each passcode and is
 * never stored. All other parameters are fixed.
 */
export type PinCredential = { readonly [K in PinKind]: { readonly kind: K } }[PinKind];

/** Whether passcodes are made with a PIN, which is then asked for with each. */
export function isMadeWithPin(credential: Credential): credential is PinCredential {
  const kinds: readonly string[] = PIN_KINDS;
  return kinds.includes(credential.kind);
}

/**
 * A list of one-time passwords, on paper or elsewhere; the secret has its entries, one a line.
 * `counter` has a bit for each entry that was given, the lowest for the first one: as those of
 * other kinds, it never becomes smaller.
 */
export interface ListCredential {
  readonly kind: "list";
  /** How many entries it has. */
  readonly length: number;
  /** The number that is printed before its first entry. */
  readonly first: number;
  readonly counter: bigint;
}

/** The parameters of passcodes and responses, without the secret. */
export type OtpCredential = TotpCredential | HotpCredential | OcraCredential | PinCredential;

/** The parameters of a token, without its secret. */
export type Credential = OtpCredential | PushCredential | ListCredential;
