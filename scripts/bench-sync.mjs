// Measures what docs/sync.md promises for a thousand tokens on a local remote, in
// seconds of wall time: `npm run bench:sync`, with `-- --tokens N` for another number.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { environmentOf, uriOf } from "./bench/homes.mjs";

const FOB = fileURLToPath(new URL("../bin/fob.js", import.meta.url));

/** The goals in seconds of wall time. */
const MANY = 5;
const UNCHANGED = 1;

const { values } = parseArgs({ options: { tokens: { type: "string", default: "1000" } } });
const folder = mkdtempSync(join(tmpdir(), "fob-bench-sync-"));
try {
  measure(Number(values.tokens));
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** @param {number} count */
function measure(count) {
  const laptop = home("laptop");
  const desktop = home("desktop");
  laptop(["enroll", "-"], Array.from({ length: count }, (_, i) => uriOf(i)).join("\n"));
  console.log(`${"seconds".padEnd(38)}wall   goal`);
  time("sync init", null, () => laptop(["sync", "init", join(folder, "remote.git")]));
  time("sync add --all", MANY, () => laptop(["sync", "add", "--all"]));
  time("sync, nothing is new", UNCHANGED, () => laptop(["sync"]));
  const { invitation } = JSON.parse(laptop(["sync", "invite", "--json"]));
  const { words } = JSON.parse(desktop(["sync", "join", "-", "--json"], invitation));
  time("sync --approve, all encrypted anew", MANY, () => laptop(["sync", "--approve", words]));
  time("first sync of the other device", MANY, () => desktop(["sync"]));
  desktop(["rename", "issuer-1", "renamed"]);
  time("sync that sends one change", UNCHANGED, () => desktop(["sync"]));
  time("sync that takes one change over", UNCHANGED, () => laptop(["sync"]));
  time("sync, nothing is new", UNCHANGED, () => laptop(["sync"]));
}

/** @param {string} name */
function home(name) {
  const env = environmentOf(join(folder, name));
  return (/** @type {string[]} */ args, input = "") => {
    const { status, stdout, stderr } = spawnSync(process.execPath, [FOB, ...args], { env, input });
    if (status === 0) return stdout.toString("utf8");
    throw new Error(`fob ${args.join(" ")}: ${stderr}`);
  };
}

/** @param {string} what @param {number | null} goal @param {() => unknown} act */
function time(what, goal, act) {
  const start = performance.now();
  act();
  const wall = (performance.now() - start) / 1_000;
  const missed = goal !== null && wall > goal ? "  missed" : "";
  const allowed = goal === null ? "-" : `${goal} s`;
  console.log(`${what.padEnd(36)}${wall.toFixed(2).padStart(6)} s   ${allowed}${missed}`);
  if (missed) process.exitCode = 1;
}
