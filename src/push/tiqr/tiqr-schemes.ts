import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";

/** The schemes of the TiQR project's own app. */
const ENROLLMENT = "tiqrenroll";
const LOGIN = "tiqrauth";

/** `SCHEME://`, and a scheme alone (RFC 3986 section 3.1). */
const BEGINNING = /^([a-z][a-z0-9+.-]{0,40}):\/\//i;
const SCHEME = /^[a-z][a-z0-9+.-]{0,40}$/;

/** Schemes that mean something else: those of the web and its programs, and of other tokens. */
const WELL_KNOWN: ReadonlySet<string> = new Set([
  ...["http", "https", "ws", "wss", "ftp", "ftps", "sftp", "ssh", "file", "data", "blob", "about"],
  ...[
    "javascript",
    "vbscript",
    "view-source",
    "mailto",
    "tel",
    "sms",
    "urn",
    "git",
    "ldap",
    "ldaps",
  ],
  ...["intent", "market", "itms-apps", "app-settings", "ms-settings", "chrome", "geo", "magnet"],
  ...["otpauth", "otpauth-migration", "apple-otpauth", "pia", "steam", "motp", "fido", "webauthn"],
  ...["phonefactor", "duo", "oktaverify", "microsoft-authenticator", "aegis", "ente", "fob"],
  ...[ENROLLMENT, LOGIN],
]);

/** The schemes of other organizations' TiQR apps in a setting: with commas between them. */
export function parseTiqrSchemes(setting: string): readonly string[] {
  return setting === "" ? [] : setting.split(",");
}

/**
 * Whether a text is a value of the setting that names the schemes of other organizations: schemes
 * of RFC 3986 that mean nothing else, each once.
 */
export function areTiqrSchemes(setting: string): boolean {
  const schemes = parseTiqrSchemes(setting);
  return (
    schemes.every((scheme) => SCHEME.test(scheme) && !isWellKnown(scheme)) &&
    new Set(schemes).size === schemes.length
  );
}

/**
 * Whether a text begins with a scheme that may be another organization's, and means nothing else.
 */
export function hasOtherScheme(text: string): boolean {
  const scheme = BEGINNING.exec(text.trim())?.[1];
  return scheme !== undefined && !isWellKnown(scheme.toLowerCase());
}

/**
 * A text with the TiQR project's own scheme in place of one of `schemes`: where the address of a
 * web server follows, that of an enrollment, else that of a login. Any other text is unchanged.
 */
export function withTiqrScheme(given: string, schemes: readonly string[]): string {
  const text = given.trim();
  const [beginning = "", scheme = ""] = BEGINNING.exec(text) ?? [];
  if (!schemes.includes(scheme.toLowerCase())) return given;
  const rest = text.slice(beginning.length);
  return `${/^https?:?\/\//i.test(rest) ? ENROLLMENT : LOGIN}://${rest}`;
}

/**
 * Throws FobError `invalid` when a text that should be a TiQR login has another scheme, which the
 * message names.
 */
export function refuseOtherSchemes(text: string): void {
  const scheme = BEGINNING.exec(text)?.[1]?.toLowerCase();
  if (scheme === ENROLLMENT) {
    throw new FobError("invalid", t("this is a TiQR enrollment, and no login"), {
      hint: t("`fob enroll -` reads it from standard input"),
    });
  }
  if (scheme !== undefined && !isWellKnown(scheme)) throw unknownScheme(scheme);
}

/**
 * The error for an enrollment that looks like one of TiQR, with a scheme that fob does not know;
 * null for every other text.
 */
export function refusalOfTiqrScheme(text: string): FobError | null {
  const [beginning = "", scheme = ""] = BEGINNING.exec(text) ?? [];
  const isEnrollment =
    /enroll?$/i.test(scheme) &&
    !isWellKnown(scheme.toLowerCase()) &&
    /^https?:?\/\//i.test(text.slice(beginning.length));
  return isEnrollment ? unknownScheme(scheme.toLowerCase()) : null;
}

function isWellKnown(scheme: string): boolean {
  return WELL_KNOWN.has(scheme) || scheme.startsWith("otpauth-");
}

function unknownScheme(scheme: string): FobError {
  return new FobError("invalid", t`${scheme}: is no scheme that fob knows`, {
    hint: t`if it is that of a TiQR app of your organization: fob config set tiqr.schemes ${scheme}; commas separate several`,
  });
}
