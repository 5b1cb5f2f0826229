import type { Context } from "#cli/context.ts";
import { parseTiqrSchemes } from "#push/tiqr/tiqr-schemes.ts";

/** The schemes of links that fob understands, without those of the user's own organization. */
export const LINK_SCHEMES = [
  "otpauth",
  "otpauth-migration",
  "apple-otpauth",
  "mobilepassplus",
  "pia",
  "tiqrenroll",
  "tiqrauth",
] as const;

/** All schemes of links that fob opens for this user. */
export function linkSchemes({ settings }: Pick<Context, "settings">): readonly string[] {
  return [...LINK_SCHEMES, ...parseTiqrSchemes(settings.choose("tiqr.schemes"))];
}
