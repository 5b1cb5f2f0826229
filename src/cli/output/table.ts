import type { Style } from "./style.ts";
import { cutWidth, displayWidth, fillWidth, wrapWords } from "./width.ts";

const GAP = 2;
const NARROWEST = 6;

/** Before a column is cut to less than this, another one that may be left out is left out. */
const READABLE = 12;

/**
 * A column of a table: its heading, and the text of its cell in a row. Columns with a number are
 * left out where a terminal is too narrow for all, the lowest number first.
 */
export type Column<Row> = readonly [heading: string, cell: (row: Row) => string, leaves?: number];

/** Names with their values; names without a value are left out. */
export type Fields = readonly (readonly [name: string, value: string | null | undefined])[];

/**
 * Formats rows: aligned under a faint heading and cut to the width of a terminal, else
 * tab-separated without a heading, for `cut` and `awk`. For a screen reader, every row is a
 * statement without its empty cells (`-`). No rows give an empty text.
 */
export function formatTable<Row>(
  columns: readonly Column<Row>[],
  items: readonly Row[],
  style: Style,
): string {
  if (items.length === 0) return "";
  const heading = columns.map(([title]) => title);
  const rows = items.map((item) => columns.map(([, cell]) => cell(item)));
  if (style.isSpoken) return rows.map((row) => formatStatement(heading, row)).join("\n");
  if (style.columns === null) return rows.map((row) => row.join("\t")).join("\n");
  const leaves = columns.map(([, , rank]) => rank);
  const shown = chooseColumns(naturalWidths([heading, ...rows]), leaves, style.columns);
  return [heading.map((title) => style.faint(title)), ...rows]
    .map((row) => formatRow(row, shown))
    .join("\n");
}

/**
 * Formats names and values, one pair a line, with aligned values; on a terminal long values are
 * wrapped.
 */
export function formatFields(all: Fields, style: Style): string {
  const fields = all.flatMap(([name, value]) => (value == null ? [] : [[name, value] as const]));
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
    rows.reduce((widest, row) => Math.max(widest, displayWidth(row[column] ?? "")), 0),
  );
}

/** A column that is shown: which one, and how wide. */
interface ShownColumn {
  readonly column: number;
  readonly width: number;
}

/** Leaves columns out, in the order of their numbers, until none of the others is cut too short. */
function chooseColumns(
  natural: readonly number[],
  leaves: readonly (number | undefined)[],
  columns: number,
): readonly ShownColumn[] {
  const order = leaves
    .flatMap((rank, column) => (rank === undefined ? [] : [{ rank, column }]))
    .sort((a, b) => b.rank - a.rank);
  let kept = natural.map((_, column) => column);
  for (;;) {
    const widths = fitWidths(
      kept.map((column) => natural[column] ?? 0),
      columns,
    );
    const shown = kept.map((column, i) => ({ column, width: widths[i] ?? 0 }));
    const isReadable = shown.every(
      ({ column, width }) => width >= Math.min(natural[column] ?? 0, READABLE),
    );
    const next = isReadable ? undefined : order.pop();
    if (!next) return shown;
    kept = kept.filter((column) => column !== next.column);
  }
}

/** Narrows the widest column by one character at a time until the row fits. */
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

function formatRow(row: readonly string[], shown: readonly ShownColumn[]): string {
  return shown
    .map(({ column, width }) => {
      const cell = row[column] ?? "";
      const fitting = displayWidth(cell) > width ? cutWidth(cell, width) : cell;
      return fitting + " ".repeat(Math.max(0, width - displayWidth(fitting) + GAP));
    })
    .join("")
    .trimEnd();
}
