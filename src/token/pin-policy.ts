import { t } from "#base/language.ts";

/**
 * The alphabets of PINs: the pattern that a PIN must match, and the message for one that does not.
 */
const ALPHABETS = {
  any: {
    pattern: /^[^\p{Cc}]*$/u,
    refusal: () => t("the policy allows characters that can be typed"),
  },
  numeric: { pattern: /^[0-9]*$/, refusal: () => t("the policy allows digits only") },
  alphanumeric: {
    pattern: /^[0-9A-Za-z]*$/,
    refusal: () => t("the policy allows letters and digits only"),
  },
} as const;

/** The name of a PIN alphabet. */
export type PinAlphabet = keyof typeof ALPHABETS;

/** The names of all PIN alphabets. */
export const PIN_ALPHABETS = Object.keys(ALPHABETS) as PinAlphabet[];

/** What too many wrong PINs do to a token: lock it, or wipe its secret. */
export const LIMIT_ACTIONS = ["lock", "wipe"] as const;

/** The rules for a PIN. Lengths are in characters. */
export interface PinPolicy {
  readonly minLength: number;
  readonly maxLength: number;
  readonly alphabet: PinAlphabet;
  readonly refuseTrivial: boolean;
  /** How many wrong PINs in a row trigger `atLimit`. */
  readonly attempts: number;
  readonly atLimit: (typeof LIMIT_ACTIONS)[number];
  /** How many of the last PINs, including the current one, cannot be chosen again. */
  readonly history: number;
  /** After how many days a PIN must be changed; null for never. */
  readonly expiryDays: number | null;
  /**
   * Whether a PIN that a person did not choose at the terminal must be changed at its first use.
   */
  readonly changeFirst: boolean;
  /** Whether a fingerprint or face may replace the PIN. */
  readonly biometric: boolean;
  /** Whether the issuer requires a PIN: it can be changed, but not removed. */
  readonly required: boolean;
}

/** The rule that a PIN breaks: its stable name, and a message that does not contain the PIN. */
export interface PinViolation {
  readonly rule:
    | "too-short"
    | "too-long"
    | "alphabet"
    | "repeat"
    | "run"
    | "date"
    | "history"
    | "same"
    | "recovery-code";
  readonly message: string;
}

/** The default policy for PINs that users choose, for a token or for the app. */
export const USER_PIN_POLICY: PinPolicy = {
  minLength: 4,
  maxLength: 128,
  alphabet: "any",
  refuseTrivial: true,
  attempts: 10,
  atLimit: "lock",
  history: 0,
  expiryDays: null,
  changeFirst: false,
  biometric: true,
  required: false,
};

/**
 * The policy for a vault without a keychain: the PIN alone must resist offline guessing, so it must
 * be a passphrase.
 */
export const PASSPHRASE_POLICY: PinPolicy = { ...USER_PIN_POLICY, minLength: 12 };

/** When a PIN that was set at `setAt` must be changed; null for never. */
export function pinExpiry(setAt: Date, { expiryDays }: PinPolicy): Date | null {
  return expiryDays === null ? null : new Date(setAt.getTime() + expiryDays * 86_400_000);
}

/** The first rule of `policy` that `pin` breaks, or null when it breaks none. */
export function judgePin(pin: string, policy: PinPolicy): PinViolation | null {
  const length = [...pin].length;
  if (length < policy.minLength) {
    return {
      rule: "too-short",
      message: t`it has ${length} characters, at least ${policy.minLength} are needed`,
    };
  }
  if (length > policy.maxLength) {
    return {
      rule: "too-long",
      message: t`it has ${length} characters, at most ${policy.maxLength} are allowed`,
    };
  }
  const alphabet = ALPHABETS[policy.alphabet];
  if (!alphabet.pattern.test(pin)) return { rule: "alphabet", message: alphabet.refusal() };
  return policy.refuseTrivial ? judgeTrivial(pin) : null;
}

function judgeTrivial(pin: string): PinViolation | null {
  if (isRepetition(pin)) return { rule: "repeat", message: t("it repeats one character or group") };
  if (isRun(pin)) return { rule: "run", message: t("its characters follow one another") };
  if (isDate(pin)) return { rule: "date", message: t("it is a date or a year") };
  return null;
}

function isRepetition(pin: string): boolean {
  const characters = [...pin];
  for (let size = 1; size <= characters.length / 2; size++) {
    const repeats = characters.every((character, i) => character === characters[i % size]);
    if (repeats && characters.length % size === 0) return true;
  }
  return false;
}

function isRun(pin: string): boolean {
  // a single character is not a run
  if ([...pin].length < 2) return false;
  const codes = [...pin.toLowerCase()].map((character) => character.codePointAt(0) ?? 0);
  const steps = codes.slice(1).map((code, i) => {
    const step = code - (codes[i] ?? 0);
    // 9 and 0 are neighbours on keypads
    return /^[0-9]+$/.test(pin) && Math.abs(step) === 9 ? -Math.sign(step) : step;
  });
  return steps.every((step) => step === 1) || steps.every((step) => step === -1);
}

/**
 * Whether the PIN is a day and month, a year of the 20th or 21st century, or a full date in one of
 * the usual orders.
 */
function isDate(pin: string): boolean {
  if (!/^(?:\d{4}|\d{6}|\d{8})$/.test(pin)) return false;
  const two = (at: number) => Number(pin.slice(at, at + 2));
  const isDay = (day: number, month: number) =>
    month >= 1 && month <= 12 && day >= 1 && day <= (DAYS_OF_MONTH[month - 1] ?? 0);
  const startsWithYear = /^(?:19|20)/.test(pin);
  if (pin.length === 4) return startsWithYear || isDay(two(0), two(2)) || isDay(two(2), two(0));
  if (pin.length === 6)
    return isDay(two(0), two(2)) || isDay(two(2), two(0)) || isDay(two(4), two(2));
  const endsWithYear = /(?:19|20)\d\d$/.test(pin);
  return (
    (startsWithYear && isDay(two(6), two(4))) ||
    (endsWithYear && (isDay(two(0), two(2)) || isDay(two(2), two(0))))
  );
}

const DAYS_OF_MONTH = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
