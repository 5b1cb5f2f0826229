import type { HashAlgorithm } from "#otp/algorithm.ts";
import type { Alphabet } from "#otp/alphabet.ts";
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

/** Event-based passcodes (RFC 4226). `counter` is the one that the next passcode will use. */
export interface HotpCredential {
  readonly kind: "hotp";
  readonly algorithm: HashAlgorithm;
  readonly digits: number;
  readonly alphabet: Alphabet;
  readonly counter: bigint;
}

/**
 * Challenge-response (RFC 6287). `counter` is the next one to use, null where the suite has no C.
 */
export interface OcraCredential {
  readonly kind: "ocra";
  readonly suite: string;
  readonly counter: bigint | null;
}

/**
 * Mobile-OTP: time-based, with a PIN that is part of every passcode and that nobody stores.
 * Everything else about it is fixed.
 */
export interface MotpCredential {
  readonly kind: "motp";
}

/** What passcodes and responses are computed with, besides the secret. */
export type OtpCredential = TotpCredential | HotpCredential | OcraCredential | MotpCredential;

/** What a token computes with, besides its secret. */
export type Credential = OtpCredential | PushCredential;
