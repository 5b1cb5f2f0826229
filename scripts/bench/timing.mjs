// Times whole processes. The environment has no NODE_EXTRA_CA_CERTS, which alone makes Node start
// more than twice as slowly.
import { spawnSync } from "node:child_process";

/** @typedef {{ command: readonly string[], env: NodeJS.ProcessEnv, input?: string }} Timed */

/**
 * Runs two commands in turn, after one run of each that does not count, and returns how long each
 * run took, in milliseconds.
 * @param {Timed} one @param {Timed} other @param {number} count
 */
function pairs(one, other, count) {
  run(one);
  run(other);
  return Array.from({ length: count }, () => ({ one: run(one), other: run(other) }));
}

/** Ten thousand tokens as JSON are larger than what Node takes by itself. In bytes. */
const MAX_OUTPUT = 64 * 1024 * 1024;

/** Milliseconds. Output goes into a pipe, as in a script. @param {Timed} timed */
function run({ command: [program = "", ...args], env, input = "" }) {
  const start = performance.now();
  const { error } = spawnSync(program, args, { env, input, stdio: "pipe", maxBuffer: MAX_OUTPUT });
  if (error) throw error;
  return performance.now() - start;
}

/**
 * The median of the ratios of a command to another one. @param {Timed} timed @param {Timed} against
 * @param {number} count
 */
export function ratio(timed, against, count) {
  return medianOf(pairs(timed, against, count).map(({ one, other }) => one / other));
}

/** The median of a command alone, in milliseconds. @param {Timed} timed @param {number} count */
export function bareMs(timed, count) {
  run(timed);
  return medianOf(Array.from({ length: count }, () => run(timed)));
}

/** @param {readonly number[]} figures */
function medianOf(figures) {
  return figures.toSorted((a, b) => a - b)[figures.length >> 1] ?? Number.NaN;
}

/** Whether a program is in PATH. @param {string} tool */
export function hasTool(tool) {
  return spawnSync("sh", ["-c", `command -v ${tool}`], { stdio: "ignore" }).status === 0;
}
