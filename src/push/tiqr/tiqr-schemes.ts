import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";

/** The schemes of the TiQR project's own app. */
const ENROLLMENT = "tiqrenroll";
const LOGIN = "tiqrauth";

/** `SCHEME://`, and a scheme alone (RFC 3986 section 3.1). */
const BEGINNING = /^([a-z][a-z0-9+.-]{0,40}):\/\//i;
const SCHEME = /^[a-z][a-z0-9+.-]{0,40}$/;

/** What follows the scheme of a login: `IDENTITY@SERVICE/SESSION/QUESTION`. */
const LIKE_LOGIN = /^[^/?#]+\/[0-9a-z]+\/[0-9a-z]+(?:\/|$)/i;

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
  return unknownSchemeOf(text.trim()) !== null;
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
  const scheme = schemeOf(text);
  if (scheme === ENROLLMENT) {
    throw new FobError("invalid", t("this is a TiQR enrollment, and no login"), {
      hint: t("`fob enroll -` reads it from standard input"),
    });
  }
  if (scheme !== null && !isWellKnown(scheme)) throw unknownScheme(scheme);
}

/**
 * The error for a text that is to be enrolled and has the scheme of a TiQR login, or one that may
 * be that of another organization's TiQR app; null for every other text.
 */
export function refusalOfTiqrScheme(text: string): FobError | null {
  const scheme = schemeOf(text);
  if (scheme === LOGIN) {
    return new FobError("invalid", t`${LOGIN}: is the scheme of a TiQR login, and no enrollment`, {
      hint: t("`fob push approve -` reads it from standard input, and approves it"),
    });
  }
  if (scheme === null || isWellKnown(scheme)) return null;
  const rest = text.slice(`${scheme}://`.length);
  const isTiqr =
    /(?:auth|enroll?)$/.test(scheme) || /^https?:?\/\//i.test(rest) || LIKE_LOGIN.test(rest);
  return isTiqr ? unknownScheme(scheme) : null;
}

/** The scheme that a text begins with and that fob does not know; null for none. */
export function unknownSchemeOf(text: string): string | null {
  const scheme = schemeOf(text);
  return scheme === null || isWellKnown(scheme) ? null : scheme;
}

function schemeOf(text: string): string | null {
  return BEGINNING.exec(text)?.[1]?.toLowerCase() ?? null;
}

function isWellKnown(scheme: string): boolean {
  return WELL_KNOWN.has(scheme) || scheme.startsWith("otpauth-");
}

function unknownScheme(scheme: string): FobError {
  return new FobError("invalid", notKnown(scheme), {
    hint: t`if it is that of a TiQR app of your organization: fob config set tiqr.schemes ${scheme}; commas separate several`,
  });
}

/** The message for a scheme that fob does not know. */
export function notKnown(scheme: string): string {
  return t`${scheme}: is no scheme that fob knows`;
}
