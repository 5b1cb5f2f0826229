import type { HashAlgorithm } from "#otp/algorithm.ts";
import type { Alphabet } from "#otp/alphabet.ts";

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

/**
 * Pushed login requests of a privacyIDEA server. The token's secret is its RSA private key (PKCS
 * #8, DER); its serial is the token's.
 */
export interface PrivacyIdeaCredential {
  readonly kind: "push";
  readonly protocol: "privacyidea";
  /** Where requests are asked for and answered. */
  readonly url: string;
  /**
   * The server's public key from the enrollment (SubjectPublicKeyInfo, DER, Base64), which signs
   * every request.
   */
  readonly serverKey: string;
  readonly isQuick: boolean;
  readonly isInsecure: boolean;
}

/**
 * Login requests of a TiQR server, which hands them out as QR codes and is answered with OCRA. The
 * token's secret is the OCRA key.
 */
export interface TiqrCredential {
  readonly kind: "push";
  readonly protocol: "tiqr";
  /** Which service it is for: the host name that its requests carry. */
  readonly service: string;
  /** Who the user is there. */
  readonly identity: string;
  readonly suite: string;
  /** Where requests are answered. */
  readonly url: string;
  readonly isQuick: boolean;
  readonly isInsecure: boolean;
}

/**
 * Login requests that are approved or denied. `isQuick` says that a notification's button may
 * approve one; `isInsecure` that its user chose to talk to a server that nothing vouches for.
 */
export type PushCredential = PrivacyIdeaCredential | TiqrCredential;

/** The protocols of login requests; what is particular to each is in src/push/protocols.ts. */
export type PushProtocol = PushCredential["protocol"];

/** What a token of one protocol computes with. */
export type PushCredentialOf<P extends PushProtocol> = Extract<PushCredential, { protocol: P }>;

/** What passcodes and responses are computed with, besides the secret. */
export type OtpCredential = TotpCredential | HotpCredential | OcraCredential | MotpCredential;

/** What a token computes with, besides its secret. */
export type Credential = OtpCredential | PushCredential;
