import { t } from "#base/language.ts";
import { DIGITS } from "./hotp.ts";
import { OtpError } from "./otp-error.ts";

/** The hash functions of OCRA, for the HMAC and for the PIN. */
export type OcraHash = "SHA1" | "SHA256" | "SHA512";

/** The characters of a challenge. */
export type ChallengeFormat = "numeric" | "alphanumeric" | "hexadecimal";

/** The parts of an OCRA suite (RFC 6287 section 6). */
export interface OcraSuite {
  /** As the issuer wrote it: the HMAC includes this text unchanged. */
  readonly text: string;
  readonly algorithm: OcraHash;
  /** 0 means that the response is the whole HMAC. */
  readonly digits: number;
  readonly counter: boolean;
  /** `length` is the maximum length of a challenge, in characters. */
  readonly challenge: { readonly format: ChallengeFormat; readonly length: number };
  /** The hash function for the PIN, or null where the suite has no P. */
  readonly pin: OcraHash | null;
  /** The length of the session information in bytes, or null where the suite has no S. */
  readonly session: number | null;
  /** The length of a time step in seconds, or null where the suite has no T. */
  readonly timeStep: number | null;
}

const FORMATS: ReadonlyMap<string, ChallengeFormat> = new Map([
  ["N", "numeric"],
  ["A", "alphanumeric"],
  ["H", "hexadecimal"],
]);
const LETTERS: Readonly<Record<ChallengeFormat, string>> = {
  numeric: "N",
  alphanumeric: "A",
  hexadecimal: "H",
};

/** Seconds in a unit of T, and how many of the unit a step may have (RFC 6287 section 6.3). */
const UNITS: ReadonlyMap<
  string,
  { readonly seconds: number; readonly min: number; readonly max: number }
> = new Map([
  ["S", { seconds: 1, min: 1, max: 59 }],
  ["M", { seconds: 60, min: 1, max: 59 }],
  // the RFC also allows 0 hours, but a step of length 0 is not defined
  ["H", { seconds: 3_600, min: 1, max: 48 }],
]);

/** Parses a suite in any letter case. Throws OtpError `suite` naming the wrong part. */
export function parseOcraSuite(text: string): OcraSuite {
  const [version = "", crypto = "", inputs = "", ...rest] = text.toUpperCase().split(":");
  if (version !== "OCRA-1") throw suiteError(version, t("OCRA-1 is the only version"));
  if (rest.length > 0) throw suiteError(rest.join(":"), t("a suite has three parts"));
  return { text, ...parseCryptoFunction(crypto), ...parseDataInput(inputs) };
}

/** The text of a suite, in the canonical spelling; the inverse of {@link parseOcraSuite}. */
export function formatOcraSuite(suite: Omit<OcraSuite, "text">): string {
  const { algorithm, digits, counter, challenge, pin, session, timeStep } = suite;
  const inputs = [
    counter ? "C" : null,
    `Q${LETTERS[challenge.format]}${String(challenge.length).padStart(2, "0")}`,
    pin && `P${pin}`,
    session === null ? null : `S${String(session).padStart(3, "0")}`,
    timeStep === null ? null : `T${formatTimeStep(timeStep)}`,
  ];
  return `OCRA-1:HOTP-${algorithm}-${digits}:${inputs.filter(Boolean).join("-")}`;
}

function parseCryptoFunction(part: string): Pick<OcraSuite, "algorithm" | "digits"> {
  const match = /^HOTP-(SHA1|SHA256|SHA512)-(\d{1,2})$/.exec(part);
  if (!match)
    throw suiteError(
      part,
      t("HOTP-SHA1, HOTP-SHA256 or HOTP-SHA512 and a number of digits are needed"),
    );
  const digits = Number(match[2]);
  if (digits !== 0 && (digits < DIGITS.min || digits > DIGITS.max)) {
    throw suiteError(part, t`digits are 0, or ${DIGITS.min} to ${DIGITS.max}`);
  }
  return { algorithm: match[1] as OcraHash, digits };
}

function parseDataInput(part: string): Omit<OcraSuite, "text" | "algorithm" | "digits"> {
  const inputs = part.split("-");
  const take = <T>(pattern: RegExp, read: (match: RegExpExecArray) => T): T | null => {
    const match = pattern.exec(inputs[0] ?? "");
    if (match) inputs.shift();
    return match && read(match);
  };
  const counter = take(/^C$/, () => true) ?? false;
  const challenge = take(/^Q([ANH])(\d{2})$/, readChallenge);
  if (!challenge) throw suiteError(inputs[0] ?? "", t("a challenge such as QN08 is needed here"));
  const pin = take(/^P(SHA1|SHA256|SHA512)$/, (match) => match[1] as OcraHash);
  const session = take(/^S(\d{3})?$/, readSession);
  const timeStep = take(/^T(\d{1,2})([SMH])$/, readTimeStep);
  if (inputs.length > 0)
    throw suiteError(inputs.join("-"), t("not an input, or not in the order C, Q, P, S, T"));
  return { counter, challenge, pin, session, timeStep };
}

function readChallenge(match: RegExpExecArray): OcraSuite["challenge"] {
  const length = Number(match[2]);
  if (length < 4 || length > 64)
    throw suiteError(match[0], t("a challenge has 4 to 64 characters"));
  return { format: FORMATS.get(match[1] ?? "") ?? "numeric", length };
}

function readSession(match: RegExpExecArray): number {
  const length = Number(match[1] ?? "64");
  if (length < 1 || length > 512)
    throw suiteError(match[0], t("session information has 1 to 512 bytes"));
  return length;
}

function readTimeStep(match: RegExpExecArray): number {
  const count = Number(match[1]);
  const unit = UNITS.get(match[2] ?? "");
  if (!unit || count < unit.min || count > unit.max) {
    throw suiteError(
      match[0],
      t("a time step is 1 to 59 seconds (S) or minutes (M), or 1 to 48 hours (H)"),
    );
  }
  return count * unit.seconds;
}

function formatTimeStep(seconds: number): string {
  const [letter, unit] = [...UNITS].findLast(([, { seconds: size }]) => seconds % size === 0) ?? [
    "S",
    { seconds: 1 },
  ];
  return `${seconds / unit.seconds}${letter}`;
}

function suiteError(part: string, reason: string): OtpError {
  return new OtpError(
    "suite",
    t`suite is wrong at ${JSON.stringify(part.slice(0, 40))}: ${reason}`,
  );
}

/** Whether a text is a suite that {@link parseOcraSuite} reads. */
export function isOcraSuite(text: string): boolean {
  try {
    parseOcraSuite(text);
    return true;
  } catch {
    // not a suite
    return false;
  }
}
