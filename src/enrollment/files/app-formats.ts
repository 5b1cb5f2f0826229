import type { StringFormat } from "#enrollment/formats/string-formats.ts";
import { aegis } from "./aegis.ts";
import type { AppFormat } from "./app-file.ts";
import { battleNet } from "./battle-net.ts";
import { browserAuthenticator } from "./browser-authenticator.ts";
import { cotp } from "./cotp.ts";
import {
  applePasswords,
  dashlane,
  keePassXc,
  lastPass,
  nordPass,
  onePassword,
  safeInCloud,
} from "./csv-managers.ts";
import { enpass } from "./enpass.ts";
import { entraCsv } from "./entra-csv.ts";
import { freeOtp } from "./free-otp.ts";
import { andOtp, freeOtpPlus, proton, raivo, stratum } from "./json-apps.ts";
import { keePass } from "./keepass.ts";
import { keeper } from "./keeper.ts";
import { lastPassAuthenticator } from "./lastpass-authenticator.ts";
import { oathCsv } from "./oath-csv.ts";
import { onePasswordExport } from "./one-password.ts";
import { otpClient } from "./otp-client.ts";
import { bitwarden } from "./password-managers.ts";
import { protonPass } from "./proton-pass.ts";
import { safeNetXml } from "./safenet-xml.ts";
import { safeWordList } from "./safeword-list.ts";
import { openAndOtp } from "./sealed-andotp.ts";
import { openBitwarden } from "./sealed-bitwarden.ts";
import { ente } from "./sealed-ente.ts";
import { orSealed } from "./sealed-file.ts";
import { openProton } from "./sealed-proton.ts";
import { openStratum } from "./sealed-stratum.ts";
import { steamGuard } from "./steam-guard.ts";
import { twoFas } from "./two-fas.ts";
import { twoFAuth } from "./two-fauth.ts";
import { winAuth } from "./winauth.ts";
import { yubicoCsv } from "./yubico-csv.ts";

/**
 * Every kind of file that other apps export, the most particular first. A new one is added here and
 * nowhere else.
 */
export const APP_FORMATS = [
  aegis,
  twoFas,
  orSealed(stratum, openStratum),
  freeOtpPlus,
  twoFAuth,
  lastPassAuthenticator,
  steamGuard,
  protonPass,
  orSealed(bitwarden, openBitwarden),
  orSealed(proton, openProton),
  ente,
  cotp,
  freeOtp,
  keePass,
  onePasswordExport,
  raivo,
  battleNet,
  browserAuthenticator,
  winAuth,
  safeNetXml,
  safeWordList,
  keePassXc,
  onePassword,
  applePasswords,
  lastPass,
  dashlane,
  nordPass,
  safeInCloud,
  entraCsv,
  keeper,
  enpass,
  yubicoCsv,
  oathCsv,
  // these may have no mark, and come last
  otpClient,
  orSealed(andOtp, openAndOtp),
] as const satisfies readonly AppFormat[];

/** What is stored with a token as its format: where it was read from. */
export type FormatId = StringFormat | (typeof APP_FORMATS)[number]["id"] | "password-store";
