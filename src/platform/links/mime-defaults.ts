/** The group of a mimeapps.list with the programs that a user prefers (mime-apps-spec 1.0). */
const GROUP = "[Default Applications]";

/** The value that a list has for a type; null for none. */
export function defaultIn(list: string, type: string): string | null {
  for (const { line, isInGroup } of linesOf(list)) {
    if (isInGroup && keyOf(line) === type) return line.slice(line.indexOf("=") + 1).trim();
  }
  return null;
}

/** A list with other values for these types; null takes a type out. All other lines stay. */
export function withDefaults(list: string, values: ReadonlyMap<string, string | null>): string {
  const left = new Map([...values].filter(([, value]) => value !== null));
  const kept = linesOf(list).flatMap(({ line, isInGroup }) => {
    const key = keyOf(line);
    if (!isInGroup || key === null || !values.has(key)) return [line];
    const value = left.get(key);
    left.delete(key);
    return value === undefined ? [] : [`${key}=${value}`];
  });
  const added = [...left].map(([key, value]) => `${key}=${value}`);
  return joined(added.length === 0 ? kept : insertInGroup(kept, added));
}

/** Whether a list says nothing. */
export function saysNothing(list: string): boolean {
  return list.split("\n").every((line) => ["", GROUP].includes(line.trim()));
}

interface Line {
  readonly line: string;
  readonly isInGroup: boolean;
}

function linesOf(list: string): Line[] {
  let isInGroup = false;
  return list.split(/\r?\n/).map((line) => {
    if (line.startsWith("[")) isInGroup = line.trim() === GROUP;
    return { line, isInGroup };
  });
}

function keyOf(line: string): string | null {
  const end = line.indexOf("=");
  return end < 0 || line.startsWith("#") || line.startsWith("[") ? null : line.slice(0, end).trim();
}

function insertInGroup(lines: readonly string[], added: readonly string[]): string[] {
  const start = lines.findIndex((line) => line.trim() === GROUP);
  if (start < 0) {
    const before = withoutEnd(lines);
    return [...before, ...(before.length === 0 ? [] : [""]), GROUP, ...added];
  }
  const next = lines.findIndex((line, i) => i > start && line.startsWith("["));
  const group = withoutEnd(lines.slice(0, next < 0 ? undefined : next));
  return [...group, ...added, ...(next < 0 ? [] : ["", ...lines.slice(next)])];
}

/** Lines without the empty ones at their end. */
function withoutEnd(lines: readonly string[]): string[] {
  const last = lines.findLastIndex((line) => line.trim() !== "");
  return lines.slice(0, last + 1);
}

function joined(lines: readonly string[]): string {
  const whole = withoutEnd(lines);
  return whole.length === 0 ? "" : `${whole.join("\n")}\n`;
}
