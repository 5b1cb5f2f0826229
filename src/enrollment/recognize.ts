import { FobError } from "#base/fob-error.ts";
import { t, translated } from "#base/language.ts";
import { activationCode } from "#enrollment/formats/activation-code.ts";
import { activationString } from "#enrollment/formats/activation-string.ts";
import { bareSecret } from "#enrollment/formats/bare-secret.ts";
import { keyUri } from "#enrollment/formats/key-uri.ts";
import { migration } from "#enrollment/formats/migration.ts";
import { mobileOtp } from "#enrollment/formats/mobile-otp.ts";
import { pushUri } from "#enrollment/formats/push-uri.ts";
import { steam } from "#enrollment/formats/steam.ts";
import { tiqrUri } from "#enrollment/formats/tiqr-uri.ts";
import { pskc } from "#enrollment/pskc/pskc.ts";
import type { AskSecret, EnrollmentDraft, EnrollmentFormat, OnlineEnrollment } from "./draft.ts";
import { Effort } from "./effort.ts";

/** Longer than any enrollment string of one line that an issuer makes. */
const MAX_LENGTH = 64 * 1024;

/**
 * Every form of enrollment string, the most particular first. A new one is added here and nowhere
 * else.
 */
const FORMATS: readonly EnrollmentFormat[] = [
  pushUri,
  keyUri,
  migration,
  steam,
  mobileOtp,
  tiqrUri,
  activationCode,
  activationString,
  pskc,
  bareSecret,
];

/**
 * The tokens that an enrollment string describes. Rejects with FobError `invalid` saying what is
 * wrong with it, or that it is none, and `unavailable` when only a server can make the token.
 * Nothing is stored or sent; what is encrypted is opened with `askSecret`. Strings of one list
 * share their `effort`.
 */
export async function recognize(
  input: string,
  askSecret: AskSecret = refuseToAsk,
  effort = new Effort(),
): Promise<EnrollmentDraft[]> {
  const { format, text } = recognition(input);
  return format.parse(text, askSecret, effort);
}

/**
 * What an enrollment string says that only a server can turn into a token; null for every other
 * one.
 */
export function recognizeOnline(input: string): OnlineEnrollment | null {
  const { format, text } = recognition(input);
  return format.parseOnline?.(text) ?? null;
}

/** The format that a text has, right or wrong, or null when it has none. */
export function identify(input: string): EnrollmentFormat | null {
  const text = bare(input);
  const format = FORMATS.find(
    ({ matches, maxLength }) => text.length <= (maxLength ?? MAX_LENGTH) && matches(text),
  );
  return format ?? null;
}

function recognition(input: string) {
  const text = bare(input);
  if (text === "") throw new FobError("invalid", t("the enrollment string is empty"));
  const format = identify(text);
  if (format) return { format, text };
  if (text.length > MAX_LENGTH)
    throw new FobError("invalid", t`the enrollment string is longer than ${MAX_LENGTH} characters`);
  throw new FobError("invalid", t("this is not an enrollment string that fob knows"), {
    hint: t`known are ${FORMATS.map(({ example }) => translated(example)).join(", ")}`,
  });
}

function bare(input: string): string {
  return input.replace(/^\ufeff/, "").trim();
}

async function refuseToAsk(): Promise<never> {
  throw new FobError("invalid", t("this enrollment string is encrypted, and cannot be here"));
}
