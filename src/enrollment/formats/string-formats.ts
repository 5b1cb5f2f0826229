import type { EnrollmentFormat } from "#enrollment/draft.ts";
import { pskc } from "#enrollment/pskc/pskc.ts";
import { activationCode } from "./activation-code.ts";
import { activationString } from "./activation-string.ts";
import { bareSecret } from "./bare-secret.ts";
import { keyUri } from "./key-uri.ts";
import { migration } from "./migration.ts";
import { mobileOtp } from "./mobile-otp.ts";
import { pushUri } from "./push-uri.ts";
import { steam } from "./steam.ts";
import { tiqrUri } from "./tiqr-uri.ts";

/**
 * Every form of enrollment string, the most particular first. A new one is added here and nowhere
 * else.
 */
export const STRING_FORMATS = [
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
] as const satisfies readonly EnrollmentFormat[];

/** The id of a form of enrollment string. */
export type StringFormat = (typeof STRING_FORMATS)[number]["id"];
