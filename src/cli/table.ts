import { stripVTControlCharacters } from "node:util";
import type { Style } from "./style.ts";

const GAP = 2;
const NARROWEST = 6;

/**
 * Rows as text: for a terminal aligned under a faint heading and cut to its width, elsewhere tab-separated without heading,
 * for `cut` and `awk`.
 */
export function formatTable(heading: readonly string[], rows: readonly (readonly string[])[], style: Style): string {
  if (style.columns === null) return rows.map((row) => row.join("\t")).join("\n");
  const widths = fitWidths(naturalWidths([heading, ...rows]), style.columns);
  return [heading.map((title) => style.faint(title)), ...rows].map((row) => formatRow(row, widths)).join("\n");
}

/** Names and their values, one a line, the values aligned. */
export function formatFields(fields: readonly (readonly [string, string])[], style: Style): string {
  const width = Math.max(...fields.map(([name]) => name.length));
  return fields.map(([name, value]) => `${style.faint(name.padEnd(width))}  ${value}`).join("\n");
}

function naturalWidths(rows: readonly (readonly string[])[]): number[] {
  return (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => displayWidth(row[column] ?? ""))));
}

/** Takes from the widest column, one character at a time, until the row fits. */
function fitWidths(widths: readonly number[], columns: number): number[] {
  const fitted = [...widths];
  while (fitted.reduce((sum, width) => sum + width + GAP, -GAP) > columns) {
    const widest = fitted.indexOf(Math.max(...fitted));
    const width = fitted[widest] ?? 0;
    if (width <= NARROWEST) break;
    fitted[widest] = width - 1;
  }
  return fitted;
}

function formatRow(row: readonly string[], widths: readonly number[]): string {
  return row
    .map((cell, column) => {
      const width = widths[column] ?? 0;
      const fitting = displayWidth(cell) > width ? `${cut(cell, width - 1)}…` : cell;
      return fitting + " ".repeat(Math.max(0, width - displayWidth(fitting) + GAP));
    })
    .join("")
    .trimEnd();
}

function cut(text: string, width: number): string {
  let fitting = "";
  for (const character of text) {
    if (displayWidth(fitting + character) > width) break;
    fitting += character;
  }
  return fitting;
}

/** How many terminal cells a text takes: East Asian wide characters and emoji take two, combining marks none. */
function displayWidth(text: string): number {
  let width = 0;
  for (const character of stripVTControlCharacters(text)) {
    if (/\p{Mark}/u.test(character)) continue;
    width +=
      /[\p{Script=Han}\p{Script=Hangul}\p{Script=Hiragana}\p{Script=Katakana}\p{Emoji_Presentation}\uff01-\uff60]/u.test(
        character,
      )
        ? 2
        : 1;
  }
  return width;
}
