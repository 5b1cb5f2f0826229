import type { EnrollmentFormat } from "#enrollment/draft.ts";
import { pskc } from "#enrollment/pskc/pskc.ts";
import { PUSH_ENROLLMENTS } from "#push/protocols.ts";
import { activationCode } from "./activation-code.ts";
import { activationString } from "./activation-string.ts";
import { bareSecret } from "./bare-secret.ts";
import { keyUri } from "./key-uri.ts";
import { migration } from "./migration.ts";
import { mobileOtp } from "./mobile-otp.ts";
import { steam } from "./steam.ts";

/**
 * Every form of enrollment string, the most particular first. A new one is added here and nowhere
 * else; those of login requests belong to their protocols.
 */
export const STRING_FORMATS = [
  ...PUSH_ENROLLMENTS,
  keyUri,
  migration,
  steam,
  mobileOtp,
  activationCode,
  activationString,
  pskc,
  bareSecret,
] as const satisfies readonly EnrollmentFormat[];

/** The id of a form of enrollment string. */
export type StringFormat = (typeof STRING_FORMATS)[number]["id"];
