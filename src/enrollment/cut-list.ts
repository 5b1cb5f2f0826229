import { t } from "#base/language.ts";
import { encodeBase32 } from "#token/base32.ts";
import type { Finding } from "#token/draft/parsed-token.ts";

interface FromList {
  readonly secret: Uint8Array;
  readonly findings: readonly Finding[];
}

/**
 * The tokens of a list, one a line, as Key URIs or in the last column of a table, whose last line
 * has no end: the list may have been cut off. A finding of the last token says so where its secret
 * is the last of the line and shorter than all others, or where parameters that all other lines
 * have behind it are missing. `drafts` may be of a part of the lines, in their order.
 */
export function judgeEnd<Draft extends FromList>(
  list: string,
  drafts: readonly Draft[],
): readonly Draft[] {
  const last = drafts.at(-1);
  const others = drafts.slice(0, -1);
  if (!last || others.length === 0) return drafts;
  const lines = list.split("\n").map((line) => line.trim());
  const finding = findingAbout(lines, last.secret, others);
  return finding ? [...others, { ...last, findings: [...last.findings, finding] }] : drafts;
}

function findingAbout(
  lines: readonly string[],
  secret: Uint8Array,
  others: readonly FromList[],
): Finding | null {
  const line = lines.at(-1) ?? "";
  if (endsWithSecret(line, secret)) {
    if (others.some((other) => other.secret.length <= secret.length)) return null;
    const message = t(
      "the list ends in its secret, which is shorter than all others: if the list was cut off, so is the secret",
    );
    return { severity: "warning", code: "secret-cut", message };
  }
  if (!line.toUpperCase().includes(encodeBase32(secret))) return null;
  const strings = lines.slice(0, -1).filter((other) => other.includes("?"));
  if (strings.length === 0 || !strings.every((other) => goesOnFrom(line, other))) return null;
  const message = t(
    "the list ends in it, and all others have more parameters: if the list was cut off, some of its own are missing",
  );
  return { severity: "warning", code: "parameters-cut", message };
}

const SECRET = "secret=";

function endsWithSecret(line: string, secret: Uint8Array): boolean {
  const parameter = line.toLowerCase().lastIndexOf(SECRET);
  const start = parameter < 0 ? lastCell(line) + 1 : parameter + SECRET.length;
  if (start === 0) return false;
  const written = line.slice(start).toUpperCase();
  // the last character of what was cut may hold a part of a byte, which is left out
  return !written.includes("&") && written.startsWith(encodeBase32(secret).slice(0, -1));
}

/** Where the divider before the last cell of a row stands; -1 where there is none. */
function lastCell(line: string): number {
  return Math.max(...[",", ";", "\t"].map((divider) => line.lastIndexOf(divider)));
}

/** Whether another line begins with the same parameters, and has more of them. */
function goesOnFrom(line: string, other: string): boolean {
  const [cut, whole] = [parametersOf(line), parametersOf(other)];
  // the last name of a line that was cut may be a part of one
  const end = cut.length - 1;
  const isAlike = cut.every((name, i) =>
    i === end ? whole[i]?.startsWith(name) : whole[i] === name,
  );
  return isAlike && whole.length > cut.length;
}

/** The names of the parameters of a Key URI, in their order. */
function parametersOf(line: string): string[] {
  const query = line.slice(line.indexOf("?") + 1);
  return query.split("&").map((parameter) => parameter.split("=", 1)[0] ?? "");
}
