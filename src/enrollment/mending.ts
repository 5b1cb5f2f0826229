import { t } from "#base/language.ts";
import type { Finding } from "#token/draft/parsed-token.ts";

/** A corrected text, and the corrections. */
export interface MendedText {
  readonly text: string;
  readonly findings: readonly Finding[];
}

/** Quotation marks around strings: the closing one by the opening one. */
const QUOTES: ReadonlyMap<string, string> = new Map([
  ['"', '"'],
  ["'", "'"],
  ["`", "`"],
  ["<", ">"],
  ["“", "”"],
  ["„", "“"],
  ["‘", "’"],
  ["«", "»"],
  ["»", "«"],
]);

/** How HTML writes `&`, perhaps several times over. */
const ESCAPED_AMPERSAND = /&(?:amp;|#38;|#x26;)+/gi;

const URI = /^[a-z][a-z0-9+.-]*:\/\//i;

/**
 * An enrollment string without additions from copying: a byte order mark, space, quotes, the
 * escapes of a web page's source. Texts of other kinds are unchanged.
 */
export function mend(input: string): MendedText {
  const findings: Finding[] = [];
  const given = input.replace(/^\ufeff/, "").trim();
  const bare = withoutQuotes(given);
  if (bare !== given) findings.push(note("quotes-removed", t("the quotes around the string")));
  if (!URI.test(bare)) return { text: bare, findings };
  const text = bare.replace(ESCAPED_AMPERSAND, "&");
  if (text !== bare)
    findings.push(note("html-escaped", t("the escapes of a web page (&amp; for &)")));
  return { text: text.replace(/^apple-otpauth:/i, "otpauth:"), findings };
}

function note(code: string, what: string): Finding {
  return { severity: "info", code, message: t`${what} were taken out` };
}

function withoutQuotes(text: string): string {
  const end = QUOTES.get(text[0] ?? "");
  if (end === undefined || text.length <= 2 || !text.endsWith(end)) return text;
  const inside = text.slice(1, -1).trim();
  // XML stands between such brackets, too
  return end === ">" && !URI.test(inside) ? text : inside;
}
