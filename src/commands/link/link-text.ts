import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";

/** The longest link, in characters and in bytes of a file: as for other enrollment strings. */
export const MAX_LINK = 64 * 1024;

/** Control characters and lone surrogates: no program that writes links leaves them in. */
const FORBIDDEN = /[\p{Cc}\p{Cs}]/u;

const SCHEME = /^([a-z][a-z0-9+.-]*):/i;

/**
 * A link of one of these schemes, as another program gave it. Throws FobError `invalid` for any
 * other text.
 */
export function checkLink(given: string, schemes: readonly string[]): string {
  const link = given.trim();
  if (link.length > MAX_LINK)
    throw new FobError("invalid", t`the link is longer than ${MAX_LINK} characters`);
  if (FORBIDDEN.test(link))
    throw new FobError("invalid", t("the link has control characters, which no link has"));
  const scheme = SCHEME.exec(link)?.[1]?.toLowerCase();
  if (scheme !== undefined && schemes.includes(scheme)) return link;
  throw new FobError(
    "invalid",
    scheme === undefined ? t("this is no link") : t`fob opens no links of ${scheme}:`,
    { hint: t`it opens those of ${schemes.map((one) => `${one}:`).join(", ")}` },
  );
}
