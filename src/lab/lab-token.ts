import { randomBytes } from "node:crypto";
import type { PasswordHash } from "./password.ts";

/** How long a challenge waits for its answer, in milliseconds (privacyIDEA's default). */
export const CHALLENGE_MS = 120_000;

/** More challenges of one token than this are not kept: the oldest go. */
const MAX_CHALLENGES = 50;

/**
 * What became of a challenge. `used`: it was accepted, and a login came of it; that happens once.
 */
export type Answer = "open" | "accepted" | "declined" | "used";

/** A question to a token. Times are Unix milliseconds. */
export interface Challenge {
  /** Names the login that asked; several tokens may be asked for one. */
  readonly transaction: string;
  readonly issuedAt: number;
  readonly expiresAt: number;
  readonly answer: Answer;
}

/** A challenge that is answered by OCRA: `question` fits the token's suite. */
export interface OcraChallenge extends Challenge {
  readonly question: string;
}

/** A push request, as privacyIDEA makes it. */
export interface PushChallenge extends Challenge {
  /** Base32; names the challenge to the device. */
  readonly nonce: string;
  readonly question: string;
  readonly title: string;
  /** Base32, over everything that the device is shown. */
  readonly signature: string;
  /** Number matching: what the device offers, and which of it is right. */
  readonly presence: { readonly options: readonly string[]; readonly right: string } | null;
  /** Code to phone: what the device shows after the approval, to be typed at the login. */
  readonly displayCode: string | null;
  /** JSON, and its signature; null for servers that know no capabilities. */
  readonly capabilities: { readonly text: string; readonly signature: string } | null;
  /** Why the device declined. */
  readonly reason: string | null;
}

/** What all tokens of the lab have. */
interface Issued {
  /** Capital letters and digits. */
  readonly serial: string;
  /** The name of the {@link LabUser}. */
  readonly user: string;
  readonly createdAt: number;
  /**
   * The PIN that is typed together with the passcode at the login; null for the user's password, if
   * there is one.
   */
  readonly pin: PasswordHash | null;
}

/**
 * Time-based. Steps up to `lastStep` are used up; `drift` is by how many steps the device's clock
 * was off at the last login.
 */
export interface TotpToken extends Issued, PasscodeForm {
  readonly kind: "totp";
  readonly period: number;
  readonly lastStep: number;
  readonly drift: number;
}

/** Event-based. `counter` is the lowest that is not used up. */
export interface HotpToken extends Issued, PasscodeForm {
  readonly kind: "hotp";
  readonly counter: number;
}

interface PasscodeForm {
  readonly algorithm: "SHA1" | "SHA256" | "SHA512";
  readonly digits: number;
  readonly secret: Buffer;
}

/** Challenge-response. */
export interface OcraToken extends Issued {
  readonly kind: "ocra";
  readonly suite: string;
  readonly secret: Buffer;
  readonly counter: bigint | null;
  /** What goes into the response where the suite has P, in UTF-8. */
  readonly responsePin: Buffer | null;
  readonly challenges: readonly OcraChallenge[];
}

/** Push. The device's key is a SubjectPublicKeyInfo in DER. */
export interface PushToken extends Issued {
  readonly kind: "push";
  /** Where the device enrolls, polls and answers. */
  readonly url: string;
  /** Whether the lab behaves like servers before `capabilities` and `decline_reason`. */
  readonly isOld: boolean;
  readonly device:
    | { readonly state: "awaited"; readonly credential: Buffer; readonly expiresAt: number }
    | EnrolledDevice;
  readonly challenges: readonly PushChallenge[];
}

/**
 * A device that has proved nothing but that it had the credential; what it signs from now on
 * counts.
 */
interface EnrolledDevice {
  readonly state: "enrolled";
  readonly publicKey: Buffer;
}

/** TiQR. The device makes the secret. */
export interface TiqrToken extends Issued {
  readonly kind: "tiqr";
  readonly url: string;
  readonly suite: string;
  readonly device:
    | { readonly state: "awaited"; readonly session: Buffer; readonly expiresAt: number }
    | { readonly state: "enrolled"; readonly secret: Buffer };
  readonly challenges: readonly OcraChallenge[];
}

/** What an activation string will become when a device has enrolled with it (DSKPP, RFC 6063). */
export interface PromisedToken extends Issued {
  readonly kind: "promised";
  /** The address with the activation code, as the string has it. */
  readonly url: string;
  readonly code: string;
  /** UTF-8. */
  readonly passphrase: Buffer;
  readonly expiresAt: number;
  readonly order: ActivationOrder;
}

/** What a device gets for its activation string. */
export type ActivationOrder = {
  readonly policy: UserPinPolicy | null;
  /**
   * Whether the lab makes the key alone, in two passes, with every device that has a passphrase;
   * absent where both make it.
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

/** The PIN that a device must ask its user for (RFC 6030 section 5). */
export interface UserPinPolicy {
  readonly minLength: number;
  readonly attempts: number;
}

/** Every kind of token that the lab issues. */
export type LabToken = TotpToken | HotpToken | OcraToken | PushToken | TiqrToken | PromisedToken;

/**
 * A serial number that no other token has: a prefix as privacyIDEA writes it, and eight hexadecimal
 * digits.
 */
export function newSerial(prefix: string): string {
  return `${prefix}${randomBytes(4).toString("hex").toUpperCase()}`;
}

/** Whether a text could be a serial number: nothing else becomes part of a path. */
export function isSerial(text: string): boolean {
  return /^[A-Z0-9]{4,40}$/.test(text);
}

/** Whether a challenge still waits for its answer. */
export function isOpen({ answer, expiresAt }: Challenge, now: number): boolean {
  return answer === "open" && now < expiresAt;
}

/** The challenges with one more. Those that ended a while ago are forgotten. */
export function withChallenge<C extends Challenge>(challenges: readonly C[], added: C): C[] {
  const kept = challenges.filter(({ expiresAt }) => expiresAt + CHALLENGE_MS > added.issuedAt);
  return [...kept, added].slice(-MAX_CHALLENGES);
}

/** The challenges, with one of them in its next state. */
export function replaceChallenge<C extends Challenge>(
  challenges: readonly C[],
  old: C,
  next: C,
): C[] {
  return challenges.map((one) => (one === old ? next : one));
}

/** The token, with its challenge of a transaction answered. */
export function markChallenge(token: LabToken, transaction: string, answer: Answer): LabToken {
  const mark = <C extends Challenge>(challenges: readonly C[]) =>
    challenges.map((one) => (one.transaction === transaction ? { ...one, answer } : one));
  if (token.kind === "push") return { ...token, challenges: mark(token.challenges) };
  if (token.kind === "ocra") return { ...token, challenges: mark(token.challenges) };
  return token.kind === "tiqr" ? { ...token, challenges: mark(token.challenges) } : token;
}

/** A new name for a login that waits for an answer: 20 decimal digits, as privacyIDEA writes it. */
export function newTransaction(): string {
  const digits = BigInt(`0x${randomBytes(9).toString("hex")}`) % 10n ** 20n;
  return digits.toString().padStart(20, "0");
}
