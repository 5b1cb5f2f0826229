import type { Style } from "./style.ts";
import { cutWidth, displayWidth, fillWidth, wrapWords } from "./width.ts";

const GAP = 2;
const NARROWEST = 6;

/**
 * Rows as text: for a terminal aligned under a faint heading and cut to its width, elsewhere
 * tab-separated without heading, for `cut` and `awk`. Where it is read out, every row is a
 * statement, and a cell that has nothing to say (`-`) says nothing.
 */
export function formatTable(
  heading: readonly string[],
  rows: readonly (readonly string[])[],
  style: Style,
): string {
  if (style.isSpoken) return rows.map((row) => formatStatement(heading, row)).join("\n");
  if (style.columns === null) return rows.map((row) => row.join("\t")).join("\n");
  const widths = fitWidths(naturalWidths([heading, ...rows]), style.columns);
  return [heading.map((title) => style.faint(title)), ...rows]
    .map((row) => formatRow(row, widths))
    .join("\n");
}

/**
 * Names and their values, one a line, the values aligned; on a terminal a long value goes on below
 * itself.
 */
export function formatFields(fields: readonly (readonly [string, string])[], style: Style): string {
  if (style.isSpoken) return fields.map(([name, value]) => `${name}: ${value}`).join("\n");
  const width = Math.max(...fields.map(([name]) => displayWidth(name)));
  const room = style.columns === null ? Number.POSITIVE_INFINITY : style.columns - width - GAP;
  const indentation = `\n${" ".repeat(width + GAP)}`;
  const lines = fields.map(([name, value]) => {
    const lines = room < NARROWEST ? [value] : wrapWords(value, room);
    return `${style.faint(fillWidth(name, width))}  ${lines.join(indentation)}`;
  });
  return lines.join("\n");
}

function formatStatement(heading: readonly string[], row: readonly string[]): string {
  const said = heading.flatMap((title, column) => {
    const cell = row[column] ?? "-";
    return cell === "-" ? [] : [`${title.toLowerCase()}: ${cell}`];
  });
  return said.join(", ");
}

function naturalWidths(rows: readonly (readonly string[])[]): number[] {
  return (rows[0] ?? []).map((_, column) =>
    Math.max(...rows.map((row) => displayWidth(row[column] ?? ""))),
  );
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
      const fitting = displayWidth(cell) > width ? cutWidth(cell, width) : cell;
      return fitting + " ".repeat(Math.max(0, width - displayWidth(fitting) + GAP));
    })
    .join("")
    .trimEnd();
}
