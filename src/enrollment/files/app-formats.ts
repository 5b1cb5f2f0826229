import type { StringFormat } from "#enrollment/formats/string-formats.ts";
import { aegis } from "./aegis.ts";
import type { AppFormat } from "./app-file.ts";
import { andOtp, freeOtpPlus, proton, raivo, stratum } from "./json-apps.ts";
import { bitwarden, keePassXc } from "./password-managers.ts";
import { twoFas } from "./two-fas.ts";

/**
 * Every kind of file that other apps export, the most particular first. A new one is added here and
 * nowhere else.
 */
export const APP_FORMATS = [
  aegis,
  twoFas,
  stratum,
  freeOtpPlus,
  bitwarden,
  proton,
  andOtp,
  raivo,
  keePassXc,
] as const satisfies readonly AppFormat[];

/** What is stored with a token as its format: where it was read from. */
export type FormatId = StringFormat | (typeof APP_FORMATS)[number]["id"];
