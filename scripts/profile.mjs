// Profiles one start of the built program, in a home that is thrown away and has one token, `vpn`:
// when each phase is over, which modules are loaded, and where the processor spends its time.
//
//     npm run profile -- code vpn
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const program = join(root, "bin/fob.js");
const probe = join(root, "scripts/profile/module-times.cjs");
const profiles = join(root, "build/profile");

/** How many functions are listed. */
const SHOWN = 15;

const args = process.argv.slice(2);
const home = mkdtempSync(join(tmpdir(), "fob-profile-"));
try {
  const uri = "otpauth://totp/vpn?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
  run([program, "enroll", "--quiet", "-"], { input: uri });
  run([program, ...args]);
  printTimes();
  printProfile();
} finally {
  rmSync(home, { recursive: true });
}

function printTimes() {
  const file = join(home, "times.json");
  run(["--require", probe, program, ...args], { env: { FOB_TIMES: file } });
  const { phases, modules } = JSON.parse(readFileSync(file, "utf8"));
  console.log("Milliseconds since the process began:\n");
  console.log(`${ms(phases.bootstrapComplete)}  Node is ready`);
  console.log(`${ms(phases.preloaded)}  the probe of this profile is loaded`);
  console.log(`${ms(modules[0]?.began ?? 0)}  fob is loaded`);
  console.log(`${ms(phases.exit)}  fob ends\n`);
  console.log("Modules in the order of loading, with the time of each and all that it loads:\n");
  for (const { name, depth, began, ended } of modules) {
    // the program may have ended inside of it
    const time = (ended || phases.exit) - began;
    console.log(
      `${ms(time)}  ${"  ".repeat(depth)}${name.startsWith("/") ? relative(root, name) : name}`,
    );
  }
}

function printProfile() {
  rmSync(profiles, { recursive: true, force: true });
  mkdirSync(profiles, { recursive: true });
  run(["--cpu-prof", "--cpu-prof-interval=100", `--cpu-prof-dir=${profiles}`, program, ...args]);
  const [name = ""] = readdirSync(profiles);
  const { nodes, samples, timeDeltas } = JSON.parse(readFileSync(join(profiles, name), "utf8"));
  const functions = new Map(
    nodes.map((/** @type {any} */ { id, callFrame: { functionName, url, lineNumber } }) => [
      id,
      `${functionName || "(top)"} ${url.replace(`file://${root}`, "")}:${lineNumber + 1}`,
    ]),
  );
  const times = new Map();
  samples.forEach((/** @type {number} */ id, /** @type {number} */ i) => {
    const place = functions.get(id);
    times.set(place, (times.get(place) ?? 0) + timeDeltas[i] / 1000);
  });
  console.log("\nFunctions by their own time, in milliseconds:\n");
  const slowest = [...times].sort(([, one], [, other]) => other - one).slice(0, SHOWN);
  for (const [place, time] of slowest) console.log(`${ms(time)}  ${place}`);
  console.log(
    `\n${relative(root, join(profiles, name))} can be opened in the debugger of a browser`,
  );
}

/** @param {number} time */
function ms(time) {
  return time.toFixed(1).padStart(8);
}

/**
 * Runs the program in the home, where nothing of this environment but the way to programs counts.
 *
 * @param {readonly string[]} line
 * @param {{ input?: string, env?: Record<string, string> }} [surroundings]
 */
function run(line, { input = "", env = {} } = {}) {
  const { PATH, SystemRoot } = process.env;
  const { status, stderr } = spawnSync(process.execPath, line, {
    env: { PATH, SystemRoot, HOME: home, FOB_HOME: home, FOB_KEYCHAIN: "file", ...env },
    input,
    encoding: "utf8",
  });
  if (status !== 0) console.error(`exit code ${status}: ${stderr.trim()}`);
}
