// Rows that are no ratio of two runs: a crowd of processes, a shell's own function, memory.
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { text } from "node:stream/consumers";

/**
 * @typedef {{ env: NodeJS.ProcessEnv, fob(...args: string[]): string[], timeBased: string,
 *   eventBased: string }} Home
 */

/**
 * Event-based passcodes by several shells at once, each asking again and again: with its own
 * function and the agent, or a new process each time. A passcode may occur by chance twice among so
 * many; a counter may not, so that is what is compared.
 * @param {Home} home @param {{ shells: number, each: number, by: "fob_code" | "fob code" }} crowd
 */
export async function crowd({ env, fob, eventBased }, { shells, each, by }) {
  const read = ["-c", quoted(fob("code", eventBased, "--json"))];
  const before = counterOf(await output("bash", read, env));
  const [prepare, ask] =
    by === "fob code"
      ? ["", quoted(fob("code", eventBased))]
      : [`eval "$(${quoted(fob("shellenv", "bash"))})"`, `fob_code ${eventBased}`];
  const start = performance.now();
  const codes = await loops(
    shells,
    `${prepare}\ni=0; while [ $i -lt ${each} ]; do ${ask} || exit 1; i=$((i+1)); done`,
    env,
  );
  const seconds = (performance.now() - start) / 1_000;
  const given = codes.trim().split("\n").length;
  const after = counterOf(await output("bash", read, env));
  return { perSecond: given / seconds, repeated: given - (after - before - 1) };
}

/**
 * How many bare Nodes start and end a second, when as many shells start them. @param {number}
 * shells @param {number} each @param {NodeJS.ProcessEnv} env
 */
export async function bareCrowd(shells, each, env) {
  const start = performance.now();
  await loops(
    shells,
    `i=0; while [ $i -lt ${each} ]; do '${process.execPath}' -e 0; i=$((i+1)); done`,
    env,
  );
  return (shells * each * 1_000) / (performance.now() - start);
}

/** @param {number} shells @param {string} script @param {NodeJS.ProcessEnv} env */
async function loops(shells, script, env) {
  return (
    await Promise.all(Array.from({ length: shells }, () => output("bash", ["-c", script], env)))
  ).join("");
}

/** @param {readonly string[]} command */
function quoted(command) {
  return command.map((part) => `'${part}'`).join(" ");
}

/** @param {string} json */
function counterOf(json) {
  return Number(JSON.parse(json).counter);
}

/** @param {string} program @param {string[]} args @param {NodeJS.ProcessEnv} env */
async function output(program, args, env) {
  const child = spawn(program, args, { env, stdio: ["ignore", "pipe", "inherit"] });
  const [written, [status]] = await Promise.all([text(child.stdout), once(child, "close")]);
  if (status !== 0) throw new Error(`${args.at(-1)} failed`);
  return written;
}

/**
 * The median of a hundred calls, in milliseconds by the shell's own clock. @param {string} shell
 * @param {Home} home
 */
export function shellCall(shell, { env, fob, timeBased }) {
  const functions = quoted(fob("shellenv", shell));
  const script = `
    ${shell === "zsh" ? "zmodload zsh/datetime" : ""}
    eval "$(${functions})"
    fob_code -v code ${timeBased}
    i=0; while [ $i -lt 100 ]; do
      before=$EPOCHREALTIME; fob_code -v code ${timeBased}; echo $before $EPOCHREALTIME; i=$((i+1))
    done`;
  const { stdout } = spawnSync(shell, ["-c", script], { env, encoding: "utf8" });
  const calls = stdout
    .trim()
    .split("\n")
    .map((line) => {
      const [before = 0, after = 0] = line.split(" ").map(Number);
      return (after - before) * 1_000;
    });
  return calls.toSorted((a, b) => a - b)[calls.length >> 1] ?? Number.NaN;
}

/**
 * The peak of a run's memory in MB, or null where nothing measures it. @param
 * {import("./timing.mjs").Timed} timed
 */
export function peakMemory({ command, env }) {
  if (!existsSync("/usr/bin/time")) return null;
  const { stderr } = spawnSync("/usr/bin/time", ["-f", "%M", ...command], {
    env,
    encoding: "utf8",
  });
  return Number(stderr.trim().split("\n").at(-1)) / 1_024;
}
