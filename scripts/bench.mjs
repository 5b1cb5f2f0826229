// Measures what docs/performance.md promises, all rows in one go and against a bare `node -e 0` of
// the same minutes: `npm run bench`, with `-- --check` to fail where a figure is more than 15 %
// worse than its goal, `-- --pairs N` for another number of pairs than 30, `-- --nodes 22,24` for
// other versions of Node too, and `-- --write` to renew the table of docs/performance.md.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { cpus, platform } from "node:os";
import { parseArgs } from "node:util";
import { askAgent, askOneByOne, pipelined } from "./bench/agent-client.mjs";
import { makeHomes } from "./bench/homes.mjs";
import { installNode, versionOf } from "./bench/nodes.mjs";
import { peers } from "./bench/peers.mjs";
import { rowsOf } from "./bench/rows.mjs";
import { table, withTable } from "./bench/table.mjs";
import { bareMs, hasTool, ratio } from "./bench/timing.mjs";
import { bareCrowd, crowd, peakMemory, shellCall } from "./bench/whole.mjs";

/** How much worse than its goal a figure may be with `--check`: machines are noisy. */
const TOLERANCE = 1.15;

const PAGE = "docs/performance.md";

/** @typedef {import("./bench/table.mjs").Result} Result */

const { values } = parseArgs({
  options: {
    check: { type: "boolean" },
    write: { type: "boolean" },
    pairs: { type: "string", default: "30" },
    nodes: { type: "string", default: "" },
    only: { type: "string" },
  },
});
const count = Number(values.pairs);
const here = versionOf(process.execPath);
/** @type {Map<string, { result: Omit<Result, "figures">, figures: Record<string, number> }>} */
const measured = new Map();

const homes = await makeHomes();
let about = "";
try {
  const others = values.nodes.split(",").filter((version) => version !== "");
  for (const node of [process.execPath, ...others.map((one) => installNode(one, homes.folder))]) {
    homes.runBy(node);
    measureRows(versionOf(node));
  }
  homes.runBy(process.execPath);
  about = aboutThisRun();
  if (values.only === undefined) await measureOthers();
} finally {
  homes.remove();
}

const results = [...measured.values()].map(({ result, figures }) => ({ ...result, figures }));
console.log(`${about}\n\n${table(results)}`);
mkdirSync("bench", { recursive: true });
writeFileSync("bench/results.json", `${JSON.stringify({ about, results }, null, 2)}\n`);
if (values.write) writeFileSync(PAGE, withTable(readFileSync(PAGE, "utf8"), results, about));
const missed = results.filter(isMissed);
if (missed.length > 0)
  console.error(`\nmore than 15 % from the goal: ${missed.map(({ row }) => row).join("; ")}`);
if (values.check && missed.length > 0) process.exitCode = 1;

/** @param {string} version */
function measureRows(version) {
  for (const { row, timed, against, goal, most = count } of rowsOf(homes)) {
    if (!row.includes(values.only ?? "")) continue;
    const figures = timed.map((one) => ratio(one, against, Math.min(count, most)));
    add({ row, unit: "x", goal }, Math.max(...figures), version);
  }
  if (values.only !== undefined) return;
  const [bare, whole] = [peakMemory(homes.few.bare()), peakMemory(nameAlone())];
  if (bare !== null && whole !== null)
    add(
      { row: "`code NAME`, peak memory above bare Node", unit: "MB", goal: 5 },
      whole - bare,
      version,
    );
}

/** What does not depend on the version of Node that starts. */
async function measureOthers() {
  await measureAgent();
  await measureCrowds();
  verifyWindow();
  const node = homes.few.bare();
  for (const { row, timed, isForCodes } of await peers(homes)) {
    add({ row, unit: "x", goal: null }, ratio(timed, node, Math.min(count, 15)), here);
    if (!isForCodes) continue;
    const beside = ratio(nameAlone(), timed, count);
    add({ row: `\`code NAME\` against ${row}`, unit: "x", goal: 1 }, beside, here);
  }
}

function nameAlone() {
  return homes.few.timed("code", homes.few.named);
}

async function measureAgent() {
  const { agent } = homes;
  // an agent that was just started runs in V8's interpreter; it lives for hours
  await askOneByOne(agent.socket, `code ${agent.timeBased}`, 20_000);
  const oneByOne = await askOneByOne(agent.socket, `code ${agent.timeBased}`, 20_000);
  const many = await askAgent(agent.socket, `code ${agent.timeBased}`, 100_000, pipelined);
  const rate = { unit: "/s", goal: 20_000, isMore: true };
  add({ row: "agent, one request at a time", ...rate }, oneByOne.perSecond, here);
  add({ row: "agent, one request at a time, p99", unit: "ms", goal: 2 }, oneByOne.p99, here);
  add({ row: `agent, ${pipelined} requests under way`, ...rate }, many.perSecond, here);
  if (hasTool("nc")) {
    // nc alone: a shell that is there already prints the line itself, and starting another one is
    // not what is measured
    const input = `code ${agent.timeBased}\n`;
    const asked = { command: ["nc", "-U", "-N", agent.socket], env: agent.env, input };
    add(
      { row: "`printf | nc -U`", unit: "x", goal: 0.15 },
      ratio(asked, agent.bare(), count),
      here,
    );
  }
  for (const shell of ["bash", "zsh"].filter(hasTool))
    add(
      { row: `\`fob_code NAME\` in ${shell}`, unit: "ms", goal: 1 },
      shellCall(shell, agent),
      here,
    );
}

async function measureCrowds() {
  const asked = await crowd(homes.agent, { shells: 8, each: 125, by: "fob_code" });
  const row = "1,000 event-based codes, 8 shells";
  add({ row, unit: "/s", goal: 100, isMore: true }, asked.perSecond, here);
  const started = await crowd(homes.many, { shells: 8, each: 125, by: "fob code" });
  const bare = await bareCrowd(8, 25, homes.many.env);
  const slower = bare / started.perSecond;
  add({ row: "the same, a process for each code", unit: "x", goal: 1.35 }, slower, here);
  const repeated = asked.repeated + started.repeated;
  if (repeated > 0) throw new Error(`${repeated} passcodes were given twice`);
}

function verifyWindow() {
  if (!hasTool("oathtool")) return;
  // eight digits that do not occur: oathtool stops where it finds a match, fob never does
  const [secret, code] = [homes.secret, "12345678"];
  const uri = `otpauth://totp/bench?secret=${secret}&digits=8`;
  const fob = homes.few.timed("verify", uri, code, "--window", "1000000");
  const oathtool = {
    command: ["oathtool", "--totp", "-b", "-d", "8", "--window=1000000", secret, code],
    env: homes.few.env,
  };
  const row = "`verify --window 1000000` against oathtool";
  add({ row, unit: "x", goal: 1 }, ratio(fob, oathtool, Math.min(count, 10)), here);
}

/** @param {Omit<Result, "figures">} result @param {number} figure @param {string} version */
function add(result, figure, version) {
  const known = measured.get(result.row) ?? { result, figures: {} };
  known.figures[version] = figure;
  measured.set(result.row, known);
  console.error(`Node ${version}: ${result.row}: ${figure.toFixed(2)} ${result.unit}`);
}

/** @param {Result} result */
function isMissed({ figures, goal, isMore }) {
  if (goal === null) return false;
  return Object.values(figures).some((figure) =>
    isMore ? figure * TOLERANCE < goal : figure > goal * TOLERANCE,
  );
}

function aboutThisRun() {
  const [processor] = cpus();
  const bare = bareMs(homes.few.bare(), count);
  return `${count} pairs a row on ${cpus().length} x ${processor?.model.trim() ?? "a processor"}, ${platform()}, where \`node -e 0\` takes ${bare.toFixed(0)} ms; x is the ratio to it unless the row says otherwise.`;
}
