// The table of docs/performance.md, made of one run of the bench.
import { replaceBetween } from "../replace-between.mjs";

/**
 * @typedef {{ row: string, unit: string, goal: number | null, isMore?: boolean, figures:
 *   Readonly<Record<string, number>> }} Result
 */

const START = "<!-- the table: npm run bench -- --write -->";
const END = "<!-- end of the table -->";

/**
 * The page with the table replaced. @param {string} page @param {readonly Result[]} results @param
 * {string} about what was measured where
 */
export function withTable(page, results, about) {
  return replaceBetween(page, START, END, `${about}\n\n${table(results)}`);
}

/** @param {readonly Result[]} results */
export function table(results) {
  const nodes = [...new Set(results.flatMap(({ figures }) => Object.keys(figures)))];
  const head = ["row", "goal", ...nodes.map((node) => `Node ${node}`)];
  const lines = results.map((result) => [
    result.row,
    goalOf(result),
    ...nodes.map((node) => figureOf(result, result.figures[node])),
  ]);
  const widths = head.map((_, i) =>
    Math.max(...[head, ...lines].map((line) => line[i]?.length ?? 0)),
  );
  const format = (/** @type {readonly string[]} */ line) =>
    `| ${line.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join(" | ")} |`;
  const rule = `| ${widths.map((width, i) => (i === 0 ? "-".repeat(width) : `${"-".repeat(width - 1)}:`)).join(" | ")} |`;
  return [format(head), rule, ...lines.map(format)].join("\n");
}

/** @param {Result} result */
function goalOf({ goal, unit, isMore }) {
  return goal === null ? "" : `${isMore ? "≥ " : ""}${goal.toLocaleString("en")} ${unit}`;
}

/** @param {Result} result @param {number | undefined} figure */
function figureOf({ unit }, figure) {
  if (figure === undefined) return "";
  const written = figure >= 100 ? Math.round(figure).toLocaleString("en") : figure.toFixed(2);
  return `${written} ${unit}`;
}
