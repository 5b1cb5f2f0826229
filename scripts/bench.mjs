// Measures what docs/performance.md promises, all rows in one go and against a bare `node -e 0` of
// the same minutes: `npm run bench`, with `-- --check` to fail where a figure is more than 15 %
// worse than its goal, `-- --pairs N` for another number of pairs than 30.
import { mkdirSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { askAgent, askOneByOne, pipelined } from "./bench/agent-client.mjs";
import { makeHomes } from "./bench/homes.mjs";
import { peers } from "./bench/peers.mjs";
import { hasTool, medianOf, pairs } from "./bench/timing.mjs";
import { bareCrowd, crowd, peakMemory, shellCall } from "./bench/whole.mjs";

/** How much worse than its goal a figure may be with `--check`: machines are noisy. */
const TOLERANCE = 1.15;

/**
 * @typedef {{ row: string, figure: number, unit: string, goal: number | null, isMore?: boolean }}
 *   Result
 */

const { values } = parseArgs({
  options: { check: { type: "boolean" }, pairs: { type: "string", default: "30" } },
});
const count = Number(values.pairs);
/** @type {Result[]} */
const results = [];

const homes = await makeHomes();
try {
  await measure();
} finally {
  homes.remove();
}
print();
mkdirSync("bench", { recursive: true });
writeFileSync(
  "bench/results.json",
  `${JSON.stringify({ node: process.version, pairs: count, results }, null, 2)}\n`,
);
const missed = results.filter(isMissed);
if (values.check && missed.length > 0) {
  console.error(
    `\nworse than the goal by more than 15 %: ${missed.map(({ row }) => row).join(", ")}`,
  );
  process.exitCode = 1;
}

async function measure() {
  const { few, many, agent } = homes;
  const node = { command: [process.execPath, "-e", "0"], env: few.env };
  const inTen = { command: few.fob("code", few.timeBased), env: few.env };
  const inThousands = { command: many.fob("code", many.timeBased), env: many.env };
  times("fob code NAME, key file, 10 tokens", inTen, node, 1.25);
  times(
    "the same through the agent",
    { command: agent.fob("code", agent.timeBased), env: agent.env },
    node,
    1.3,
  );
  times("10,000 tokens, against 10 tokens", inThousands, inTen, 1.1);
  times(
    "event-based, 10,000 tokens",
    { command: many.fob("code", many.eventBased), env: many.env },
    node,
    1.35,
  );
  times("fob --version", { command: few.fob("--version"), env: few.env }, node, 1.25);
  times(
    "names to complete with",
    { command: few.fob("__complete", "names"), env: few.env },
    node,
    1.25,
  );
  times("fob --help", { command: few.fob("--help"), env: few.env }, node, 1.5);
  times(
    "fob list --json, 10,000 tokens",
    { command: many.fob("list", "--json"), env: many.env },
    node,
    null,
  );
  const allCodes = { command: many.fob("code", "--all", "--json"), env: many.env };
  times("fob code --all --json, 10,000 tokens", allCodes, node, null, 10);
  times(
    "a QR code of 1,000 px",
    { command: few.fob("inspect", "--qr", homes.picture), env: few.env },
    node,
    3,
  );
  await measureAgent();
  await measureCrowds();
  verifyWindow();
  memory(node, inTen);
  for (const peer of await peers(homes)) times(peer.row, peer.timed, node, null);
}

async function measureAgent() {
  const { agent } = homes;
  // an agent that was just started runs in V8's interpreter; it lives for hours
  await askOneByOne(agent.socket, `code ${agent.timeBased}`, 20_000);
  const oneByOne = await askOneByOne(agent.socket, `code ${agent.timeBased}`, 20_000);
  const many = await askAgent(agent.socket, `code ${agent.timeBased}`, 100_000, pipelined);
  results.push(
    {
      row: "agent, one request at a time",
      figure: oneByOne.perSecond,
      unit: "/s",
      goal: 20_000,
      isMore: true,
    },
    { row: "agent, one request at a time, p99", figure: oneByOne.p99, unit: "ms", goal: 2 },
    {
      row: `agent, ${pipelined} requests under way`,
      figure: many.perSecond,
      unit: "/s",
      goal: 20_000,
      isMore: true,
    },
  );
  const node = { command: [process.execPath, "-e", "0"], env: agent.env };
  if (hasTool("nc")) {
    // nc alone: a shell that is there already prints the line itself, and starting another one is
    // not what is measured
    const asked = {
      command: ["nc", "-U", "-N", agent.socket],
      env: agent.env,
      input: `code ${agent.timeBased}\n`,
    };
    times("printf | nc -U", asked, node, 0.15);
  }
  for (const shell of ["bash", "zsh"].filter(hasTool)) {
    results.push({
      row: `fob_code NAME in ${shell}`,
      figure: shellCall(shell, agent),
      unit: "ms",
      goal: 1,
    });
  }
}

async function measureCrowds() {
  const asked = await crowd(homes.agent, { shells: 8, each: 125, by: "fob_code" });
  const row = "1,000 event-based codes, 8 shells";
  results.push({ row, figure: asked.perSecond, unit: "/s", goal: 100, isMore: true });
  const started = await crowd(homes.many, { shells: 8, each: 125, by: "fob code" });
  const bare = await bareCrowd(8, 25, homes.many.env);
  results.push({
    row: "the same, a process for each code",
    figure: bare / started.perSecond,
    unit: "x",
    goal: 1.35,
  });
  const repeated = asked.repeated + started.repeated;
  if (repeated > 0) throw new Error(`${repeated} passcodes were given twice`);
}

function verifyWindow() {
  if (!hasTool("oathtool")) return;
  // eight digits that do not occur: oathtool stops where it finds a match, fob never does
  const [secret, code] = [homes.secret, "12345678"];
  const uri = `otpauth://totp/bench?secret=${secret}&digits=8`;
  const fob = {
    command: homes.few.fob("verify", uri, code, "--window", "1000000"),
    env: homes.few.env,
  };
  const oathtool = {
    command: ["oathtool", "--totp", "-b", "-d", "8", "--window=1000000", secret, code],
    env: homes.few.env,
  };
  times("verify --window 1000000, against oathtool", fob, oathtool, 1, 10);
}

/**
 * @param {import("./bench/timing.mjs").Timed} node @param {import("./bench/timing.mjs").Timed}
 *   code
 */
function memory(node, code) {
  const [bare, whole] = [peakMemory(node), peakMemory(code)];
  if (bare === null || whole === null)
    return console.error("peak memory is left out: /usr/bin/time (Debian package time) is missing");
  results.push({
    row: "peak memory of fob code over bare Node",
    figure: whole - bare,
    unit: "MB",
    goal: 15,
  });
}

/**
 * @param {string} row @param {import("./bench/timing.mjs").Timed} timed @param
 *   {import("./bench/timing.mjs").Timed} against
 * @param {number | null} goal @param {number} [most]
 */
function times(row, timed, against, goal, most = count) {
  const measured = pairs(timed, against, Math.min(count, most));
  results.push({
    row,
    figure: medianOf(measured.map(({ one, other }) => one / other)),
    unit: "x",
    goal,
  });
}

/** @param {Result} result */
function isMissed({ figure, goal, isMore }) {
  if (goal === null) return false;
  return isMore ? figure * TOLERANCE < goal : figure > goal * TOLERANCE;
}

function print() {
  console.log(
    `Node ${process.version}, ${count} pairs; x is the ratio to a bare node -e 0 unless the row says otherwise\n`,
  );
  console.log(`${"".padEnd(46)}${"goal".padStart(12)}${"measured".padStart(14)}`);
  for (const { row, figure, unit, goal, isMore } of results) {
    const wanted = goal === null ? "" : `${isMore ? ">=" : "<="} ${goal} ${unit}`;
    const written = figure >= 100 ? Math.round(figure) : figure.toFixed(2);
    const verdict = goal === null || (isMore ? figure >= goal : figure <= goal) ? "" : "  missed";
    console.log(
      `${row.padEnd(46)}${wanted.padStart(12)}${`${written} ${unit}`.padStart(14)}${verdict}`,
    );
  }
}
