import { randomBytes } from "node:crypto";
import type { PasswordHash } from "./password.ts";

/** How long a challenge can be answered, in milliseconds (privacyIDEA's default). */
export const CHALLENGE_MS = 120_000;

/** The maximum number of challenges of a token; the oldest are dropped. */
const MAX_CHALLENGES = 50;

/** The state of a challenge. `used`: it was accepted and has led to a login, which happens once. */
export type Answer = "open" | "accepted" | "declined" | "used";

/** A challenge to a token. Times are Unix milliseconds. */
export interface Challenge {
  /** The id of the login; one login may challenge several tokens. */
  readonly transaction: string;
  readonly issuedAt: number;
  readonly expiresAt: number;
  readonly answer: Answer;
}

/** A challenge for OCRA: `question` fits the token's suite. */
export interface OcraChallenge extends Challenge {
  readonly question: string;
}

/** A push request of privacyIDEA. */
export interface PushChallenge extends Challenge {
  /** Base32; the device identifies the challenge by it. */
  readonly nonce: string;
  readonly question: string;
  readonly title: string;
  /** Base32; covers everything that the device shows. */
  readonly signature: string;
  /** Number matching: the numbers that the device offers, and the right one. */
  readonly presence: { readonly options: readonly string[]; readonly right: string } | null;
  /** Code to phone: the code that the device shows after the approval, to be typed at the login. */
  readonly displayCode: string | null;
  /** JSON and its signature; null for servers without capabilities. */
  readonly capabilities: { readonly text: string; readonly signature: string } | null;
  /** Why the device declined. */
  readonly reason: string | null;
}

/** The common fields of all tokens. */
interface Issued {
  /** Capital letters and digits. */
  readonly serial: string;
  /** The name of the {@link LabUser}. */
  readonly user: string;
  readonly createdAt: number;
  /**
   * The PIN that is typed together with the passcode at login; if null, the user's password, if
   * there is one.
   */
  readonly pin: PasswordHash | null;
}

/**
 * A time-based token. Steps up to `lastStep` are used up; `drift` is the offset of the device's
 * clock at the last login, in steps.
 */
export interface TotpToken extends Issued, PasscodeForm {
  readonly kind: "totp";
  readonly period: number;
  readonly lastStep: number;
  readonly drift: number;
}

/** An event-based token. `counter` is the lowest unused one. */
export interface HotpToken extends Issued, PasscodeForm {
  readonly kind: "hotp";
  readonly counter: number;
}

interface PasscodeForm {
  readonly algorithm: "SHA1" | "SHA256" | "SHA512";
  readonly digits: number;
  readonly secret: Buffer;
}

/** A challenge-response token. */
export interface OcraToken extends Issued {
  readonly kind: "ocra";
  readonly suite: string;
  readonly secret: Buffer;
  readonly counter: bigint | null;
  /** The PIN in the response where the suite has P, in UTF-8. */
  readonly responsePin: Buffer | null;
  readonly challenges: readonly OcraChallenge[];
}

/** A push token. The device's key is a SubjectPublicKeyInfo in DER. */
export interface PushToken extends Issued {
  readonly kind: "push";
  /** The address where the device enrolls, polls and answers. */
  readonly url: string;
  /** Whether the lab behaves like a server before `capabilities` and `decline_reason`. */
  readonly isOld: boolean;
  readonly device:
    | { readonly state: "awaited"; readonly credential: Buffer; readonly expiresAt: number }
    | EnrolledDevice;
  readonly challenges: readonly PushChallenge[];
}

/**
 * An enrolled device. It has proved only that it had the credential; from now on its signature
 * counts.
 */
interface EnrolledDevice {
  readonly state: "enrolled";
  readonly publicKey: Buffer;
}

/** A TiQR token. The device makes the secret. */
export interface TiqrToken extends Issued {
  readonly kind: "tiqr";
  readonly url: string;
  readonly suite: string;
  readonly device:
    | { readonly state: "awaited"; readonly session: Buffer; readonly expiresAt: number }
    | { readonly state: "enrolled"; readonly secret: Buffer };
  readonly challenges: readonly OcraChallenge[];
}

/** An activation string that becomes a token when a device enrolls with it (DSKPP, RFC 6063). */
export interface PromisedToken extends Issued {
  readonly kind: "promised";
  /** The address in the string, with the activation code. */
  readonly url: string;
  readonly code: string;
  /** UTF-8. */
  readonly passphrase: Buffer;
  readonly expiresAt: number;
  readonly order: ActivationOrder;
}

/** The parameters of the token for an activation string. */
export type ActivationOrder = {
  readonly policy: UserPinPolicy | null;
  /**
   * Whether the lab alone makes the key, in two passes, if the device supports a passphrase; absent
   * where both sides make it.
   */
  readonly inTwoPasses?: boolean;
} & (
  | {
      readonly kind: "totp";
      readonly algorithm: PasscodeForm["algorithm"];
      readonly digits: number;
      readonly period: number;
    }
  | {
      readonly kind: "hotp";
      readonly algorithm: PasscodeForm["algorithm"];
      readonly digits: number;
    }
  | { readonly kind: "ocra"; readonly suite: string }
);

/** The policy of the PIN that the device must ask its user for (RFC 6030 section 5). */
export interface UserPinPolicy {
  readonly minLength: number;
  readonly attempts: number;
}

/** Every kind of token that the lab issues. */
export type LabToken = TotpToken | HotpToken | OcraToken | PushToken | TiqrToken | PromisedToken;

/** Creates a new serial number: a prefix of privacyIDEA and eight random hexadecimal digits. */
export function newSerial(prefix: string): string {
  return `${prefix}${randomBytes(4).toString("hex").toUpperCase()}`;
}

/** Whether a text has the form of a serial number. Only such texts become part of a path. */
export function isSerial(text: string): boolean {
  return /^[A-Z0-9]{4,40}$/.test(text);
}

/** Whether a challenge can still be answered. */
export function isOpen({ answer, expiresAt }: Challenge, now: number): boolean {
  return answer === "open" && now < expiresAt;
}

/** Adds a challenge, and drops those that expired a while ago. */
export function withChallenge<C extends Challenge>(challenges: readonly C[], added: C): C[] {
  const kept = challenges.filter(({ expiresAt }) => expiresAt + CHALLENGE_MS > added.issuedAt);
  return [...kept, added].slice(-MAX_CHALLENGES);
}

/** Replaces one of the challenges. */
export function replaceChallenge<C extends Challenge>(
  challenges: readonly C[],
  old: C,
  next: C,
): C[] {
  return challenges.map((one) => (one === old ? next : one));
}

/** The token with its challenge of a transaction set to this answer. */
export function markChallenge(token: LabToken, transaction: string, answer: Answer): LabToken {
  const mark = <C extends Challenge>(challenges: readonly C[]) =>
    challenges.map((one) => (one.transaction === transaction ? { ...one, answer } : one));
  if (token.kind === "push") return { ...token, challenges: mark(token.challenges) };
  if (token.kind === "ocra") return { ...token, challenges: mark(token.challenges) };
  return token.kind === "tiqr" ? { ...token, challenges: mark(token.challenges) } : token;
}

/** Creates the id of a login that waits for an answer: 20 decimal digits, as in privacyIDEA. */
export function newTransaction(): string {
  const digits = BigInt(`0x${randomBytes(9).toString("hex")}`) % 10n ** 20n;
  return digits.toString().padStart(20, "0");
}
