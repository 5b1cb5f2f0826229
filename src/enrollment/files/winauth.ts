import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { readLines } from "#enrollment/lines.ts";
import type { AppFormat, AppItem } from "./app-file.ts";

/** How WinAuth begins each of its lines, after an issuer that it does not encode. */
const LINE = /^otpauth:\/\/(totp|hotp)\/([^?]{0,1024})\?(secret=[a-z2-7]*&digits=\d+(?:&.*)?)$/i;

/** What no other app writes into a Key URI. */
const MARKS = /&(?:icon|deviceid|data)=/;

/** The parameters that it writes. */
const PARAMETERS: ReadonlySet<string> = new Set([
  ...["secret", "digits", "issuer", "serial", "deviceid"],
  ...["data", "counter", "icon", "period", "algorithm"],
]);

/**
 * The text export of WinAuth: Key URIs with a plus for each space in labels; its Steam tokens carry
 * further secrets.
 */
export const winAuth = {
  id: "winauth",
  app: "WinAuth",
  async read(file) {
    if (await file.xml("WinAuth")) {
      throw new FobError("invalid", t("this is the file that WinAuth keeps its tokens in"), {
        hint: t("export them there as a text file, without a password"),
      });
    }
    if (!MARKS.test(file.text)) return null;
    const lines = readLines(file.text).map((line) => line.text);
    const matches = lines.map((line) => LINE.exec(line));
    if (!matches.some((match) => match !== null && isOfWinAuth(match))) return null;
    return lines.map((line, i) => itemOf(line, matches[i] ?? null));
  },
} as const satisfies AppFormat;

function isOfWinAuth([, , , query = ""]: RegExpExecArray): boolean {
  const names = query.split("&").map((part) => part.split("=", 1)[0]?.toLowerCase() ?? "");
  return MARKS.test(query) && names.every((name) => PARAMETERS.has(name));
}

function itemOf(line: string, match: RegExpExecArray | null): AppItem {
  if (match === null) return { enrollment: line };
  const [, type = "", label = "", query = ""] = match;
  const parts = query.split("&").filter((part) => !/^(?:icon|deviceid|data)=/i.test(part));
  const isSteam = parts.some((part) => part.toLowerCase() === "issuer=steam");
  return {
    enrollment: `otpauth://${isSteam ? "steam" : type}/${label.replaceAll("+", "%20")}?${parts.join("&")}`,
  };
}
