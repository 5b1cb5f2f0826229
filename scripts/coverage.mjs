// Runs tests and says how many of each room's statements, branches and functions they reach. Only
// what a test runs in its own process counts: a program that was built before is not looked into.
import { spawnSync } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { relative, sep } from "node:path";
import { fileURLToPath } from "node:url";

/**
 * @typedef {"statements" | "branches" | "functions"} Kind
 * @typedef {Record<Kind, { total: number, covered: number }>} Figures
 */

/** @type {readonly Kind[]} */
const KINDS = ["statements", "branches", "functions"];

const root = fileURLToPath(new URL("..", import.meta.url));
const summary = `${root}/coverage/coverage-summary.json`;

rmSync(summary, { force: true });
const vitest = `${root}/node_modules/vitest/vitest.mjs`;
const args = [vitest, "run", "--coverage", ...process.argv.slice(2)];
const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: "inherit" });

/** @type {Record<string, Figures>} */
const { total, ...files } = JSON.parse(readFileSync(summary, "utf8"));
/** @type {Map<string, Figures>} */
const rooms = new Map();
for (const [path, figures] of Object.entries(files)) {
  const [, room = ""] = relative(root, path).split(sep);
  rooms.set(room, add(rooms.get(room), figures));
}
console.log(`\n${["room", ...KINDS].map((title) => title.padEnd(14)).join("")}`);
for (const [room, figures] of [...rooms].sort()) print(room, figures);
if (total) print("all", total);
console.log("\ncoverage/index.html shows every line");
process.exitCode = status ?? 1;

/**
 * @param {Figures | undefined} one
 * @param {Figures} other
 */
function add(one, other) {
  /** @param {Kind} kind */
  const sum = (kind) => ({
    total: (one?.[kind].total ?? 0) + other[kind].total,
    covered: (one?.[kind].covered ?? 0) + other[kind].covered,
  });
  return {
    statements: sum("statements"),
    branches: sum("branches"),
    functions: sum("functions"),
  };
}

/**
 * @param {string} name
 * @param {Figures} figures
 */
function print(name, figures) {
  const shares = KINDS.map((kind) => {
    const { total, covered } = figures[kind];
    return (total === 0 ? "-" : `${((100 * covered) / total).toFixed(1)} %`).padEnd(14);
  });
  console.log(`${name.padEnd(14)}${shares.join("")}`);
}
