import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";

/** The apps that alone can use strings of these schemes. */
const APPS: ReadonlyMap<string, string> = new Map([
  ["phonefactor", "Microsoft Authenticator"],
  ["msauth", "Microsoft Authenticator"],
  ["ms-authenticator", "Microsoft Authenticator"],
  ["microsoft-authenticator", "Microsoft Authenticator"],
  ["duo", "Duo Mobile"],
  ["oktaverify", "Okta Verify"],
  ["otpauth-okta", "Okta Verify"],
  ["authy", "Authy"],
  ["vipaccess", "VIP Access"],
]);

/**
 * Why a string cannot be enrolled that is for one other app, and what to choose instead; null for
 * every other text.
 */
export function refusalOfOtherApp(text: string): FobError | null {
  const scheme = /^([a-z][a-z0-9+.-]{1,40}):/i.exec(text)?.[1]?.toLowerCase() ?? "";
  const app = APPS.get(scheme);
  if (app === undefined) return null;
  return new FobError("invalid", t`only ${app} can use this`, {
    hint: t(
      "the service offers “another app” or “a different authenticator app” beside it: choose that, and enroll its code",
    ),
  });
}
