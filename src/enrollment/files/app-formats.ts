import type { StringFormat } from "#enrollment/formats/string-formats.ts";
import { aegis } from "./aegis.ts";
import type { AppFormat } from "./app-file.ts";
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
import { andOtp, freeOtpPlus, proton, raivo, stratum } from "./json-apps.ts";
import { keeper } from "./keeper.ts";
import { bitwarden } from "./password-managers.ts";
import { protonPass } from "./proton-pass.ts";
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
  protonPass,
  bitwarden,
  proton,
  andOtp,
  raivo,
  keePassXc,
  onePassword,
  applePasswords,
  lastPass,
  dashlane,
  nordPass,
  safeInCloud,
  keeper,
  enpass,
] as const satisfies readonly AppFormat[];

/** What is stored with a token as its format: where it was read from. */
export type FormatId = StringFormat | (typeof APP_FORMATS)[number]["id"];
