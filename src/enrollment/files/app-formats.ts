import type { StringFormat } from "#enrollment/formats/string-formats.ts";
import { aegis } from "./aegis.ts";
import type { AppFormat } from "./app-file.ts";
import { cotp } from "./cotp.ts";
import { freeOtp } from "./free-otp.ts";
import { andOtp, freeOtpPlus, proton, raivo, stratum } from "./json-apps.ts";
import { otpClient } from "./otp-client.ts";
import { bitwarden, keePassXc } from "./password-managers.ts";
import { openAndOtp } from "./sealed-andotp.ts";
import { openBitwarden } from "./sealed-bitwarden.ts";
import { ente } from "./sealed-ente.ts";
import { orSealed } from "./sealed-file.ts";
import { openProton } from "./sealed-proton.ts";
import { openStratum } from "./sealed-stratum.ts";
import { twoFas } from "./two-fas.ts";

/**
 * Every kind of file that other apps export, the most particular first. A new one is added here and
 * nowhere else.
 */
export const APP_FORMATS = [
  aegis,
  twoFas,
  orSealed(stratum, openStratum),
  freeOtpPlus,
  orSealed(bitwarden, openBitwarden),
  orSealed(proton, openProton),
  ente,
  cotp,
  freeOtp,
  raivo,
  keePassXc,
  // these may have no mark, and come last
  otpClient,
  orSealed(andOtp, openAndOtp),
] as const satisfies readonly AppFormat[];

/** What is stored with a token as its format: where it was read from. */
export type FormatId = StringFormat | (typeof APP_FORMATS)[number]["id"];
