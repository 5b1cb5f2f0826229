// Changes the source in small ways and sees whether a test fails: `npm run mutants`, or
// `npm run mutants otp token` for some rooms, with `-- --file src/otp/hotp.ts` for a file (or
// several), `-- --sample 200` for so many mutants of each room (the same ones each time;
// `--seed TEXT` for others). What survived is in .mutants/ROOM.txt, or .mutants/files.txt. Stryker
// does the work. It is no dependency, because few ever need it: it is fetched into .mutants/, with
// a Node that is new enough for it where ours is not.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { testsInProcess } from "./mutants/room-tests.mjs";

const ROOMS = ["otp", "token", "enrollment", "vault", "push", "agent"];
const STRYKER = "10.1.1";
/** What Stryker asks of Node. */
const OLDEST_NODE = { major: 22, minor: 18 };
const NODE = "22.23.3";

/** A test that takes longer is hung by its mutant, in milliseconds. */
const TEST_TIMEOUT = 120_000;

const root = fileURLToPath(new URL("..", import.meta.url));
const work = join(root, ".mutants");

/** @typedef {{ name: string, files: readonly string[] }} Target */
/**
 * @typedef {{ mutatorName: string, replacement?: string, status: string, location: { start:
 *   Place, end: Place } }} Mutant
 */
/** @typedef {{ line: number, column: number }} Place */

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    sample: { type: "string" },
    seed: { type: "string", default: "" },
    file: { type: "string", multiple: true },
  },
});

const targets = chosenTargets();
const node = fetchStryker();
const rows = targets.map((target) => measure(target));
console.log(
  `\n${row(["room", "mutants", "tried", "killed", "survived", "uncovered", "of tried", "of all"])}`,
);
for (const columns of rows) console.log(row(columns));

/** @returns {Target[]} */
function chosenTargets() {
  if (values.file !== undefined) {
    const missing = values.file.find((file) => !existsSync(join(root, file)));
    if (missing !== undefined) throw new Error(`there is no ${missing}`);
    return [{ name: "files", files: values.file }];
  }
  const rooms = positionals.length > 0 ? positionals : ROOMS;
  const unknown = rooms.find((room) => !existsSync(join(root, "src", room)));
  if (unknown !== undefined) throw new Error(`there is no room ${unknown}`);
  return rooms.map((name) => ({ name, files: [`src/${name}`] }));
}

/** Installs Stryker where it is not there yet, and says which Node runs it. */
function fetchStryker() {
  const folder = join(work, "stryker");
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const isNew =
    major > OLDEST_NODE.major || (major === OLDEST_NODE.major && minor >= OLDEST_NODE.minor);
  const packages = [
    { name: "@stryker-mutator/core", version: STRYKER },
    { name: "@stryker-mutator/vitest-runner", version: STRYKER },
    ...(isNew ? [] : [{ name: "node", version: NODE }]),
  ];
  const isThere = packages.every(({ name, version }) => {
    const file = join(folder, "node_modules", name, "package.json");
    return existsSync(file) && JSON.parse(readFileSync(file, "utf8")).version === version;
  });
  if (!isThere) {
    mkdirSync(folder, { recursive: true });
    // the runner finds Vitest in our own node_modules; npm would install another one beside it
    const options = [
      "--prefix",
      folder,
      "--legacy-peer-deps",
      "--no-audit",
      "--no-fund",
      "--loglevel=error",
    ];
    const names = packages.map(({ name, version }) => `${name}@${version}`);
    const { status } = spawnSync("npm", ["install", ...options, ...names], {
      stdio: ["ignore", "ignore", "inherit"],
      // npm is a script on Windows
      shell: process.platform === "win32",
    });
    if (status !== 0) throw new Error(`\`npm install ${names.join(" ")}\` failed`);
  }
  return isNew ? process.execPath : join(folder, "node_modules/node/bin/node");
}

/**
 * Lets Stryker try the mutants of a room, and gives its row of the table.
 * @param {Target} target
 */
function measure({ name, files }) {
  const tests = testsInProcess(root, files);
  if (tests.length === 0) throw new Error(`no test runs ${files.join(", ")} in its own process`);
  mkdirSync(work, { recursive: true });
  const at = (/** @type {string} */ file) => join(work, file);
  writeFileSync(
    at(`${name}.vitest.mjs`),
    `export default ${JSON.stringify({ test: { include: tests, testTimeout: TEST_TIMEOUT, hookTimeout: TEST_TIMEOUT } })};\n`,
  );
  const report = at(`${name}.json`);
  rmSync(report, { force: true });
  writeFileSync(at(`${name}.stryker.json`), JSON.stringify(configuration(name, files), null, 2));
  const program = at("stryker/node_modules/@stryker-mutator/core/bin/stryker.js");
  const { status } = spawnSync(node, [program, "run", at(`${name}.stryker.json`)], {
    cwd: root,
    stdio: "inherit",
  });
  if (status !== 0 || !existsSync(report)) throw new Error(`Stryker failed at ${name}`);
  const found = mutantsOf(report);
  writeFileSync(at(`${name}.txt`), found.map(inOneLine).join(""));
  return summary(name, found);
}

/** @param {string} name @param {readonly string[]} files */
function configuration(name, files) {
  return {
    mutate: files.map((file) => (file.endsWith(".ts") ? file : `${file}/**/*.ts`)),
    plugins: ["@stryker-mutator/vitest-runner", join(root, "scripts/mutants/plugin.mjs")],
    testRunner: "vitest",
    vitest: { configFile: join(work, `${name}.vitest.mjs`) },
    coverageAnalysis: "perTest",
    ignorers: ["texts"],
    checkers: values.sample === undefined ? [] : ["sample"],
    ...(values.sample !== undefined && {
      sample: { count: Number(values.sample), seed: values.seed },
    }),
    // other things may be running here
    concurrency: 1,
    timeoutMS: 10_000,
    dryRunTimeoutMinutes: 60,
    tempDirName: join(".mutants", `${name}.sandbox`),
    ignorePatterns: [".mutants", "dist", "docs", "man", "bench", "build", "coverage"],
    reporters: ["json", "progress-append-only", "survivors"],
    jsonReporter: { fileName: join(work, `${name}.json`) },
    allowConsoleColors: false,
  };
}

/**
 * The mutants that Stryker tried, with their files and the source that each replaced.
 * @param {string} report
 */
function mutantsOf(report) {
  /** @type {{ files: Record<string, { source: string, mutants: Mutant[] }> }} */
  const { files } = JSON.parse(readFileSync(report, "utf8"));
  return Object.entries(files).flatMap(([file, { source, mutants }]) =>
    mutants.map((mutant) => ({ ...mutant, file, was: excerpt(source, mutant.location) })),
  );
}

/** @param {string} source @param {{ start: Place, end: Place }} location */
function excerpt(source, { start, end }) {
  const lines = source.split("\n").slice(start.line - 1, end.line);
  const last = lines.length - 1;
  lines[last] = lines[last]?.slice(0, end.column - 1) ?? "";
  lines[0] = lines[0]?.slice(start.column - 1) ?? "";
  return lines.join("\n");
}

/** @param {ReturnType<typeof mutantsOf>[number]} mutant */
function inOneLine({ file, location, status, mutatorName, was, replacement }) {
  if (status !== "Survived" && status !== "NoCoverage") return "";
  const [before, after] = [was, replacement ?? ""].map((text) =>
    text.replace(/\s+/g, " ").slice(0, 120),
  );
  return `${status} ${file}:${location.start.line}:${location.start.column} ${mutatorName}: ${before} => ${after}\n`;
}

/** @param {string} name @param {readonly { status: string }[]} mutants */
function summary(name, mutants) {
  const count = (/** @type {string[]} */ ...states) =>
    mutants.filter(({ status }) => states.includes(status)).length;
  const killed = count("Killed", "Timeout");
  const survived = count("Survived");
  const uncovered = count("NoCoverage");
  // those that were not in the sample
  const untried = count("CompileError");
  const tried = killed + survived;
  const all = tried + uncovered + untried;
  const ofAll = (killed / tried) * ((all - uncovered) / all);
  return [name, all, tried, killed, survived, uncovered, percent(killed / tried), percent(ofAll)];
}

/** @param {number} share */
function percent(share) {
  return Number.isNaN(share) ? "-" : `${(100 * share).toFixed(1)} %`;
}

/** @param {readonly (string | number)[]} columns */
function row([name, ...columns]) {
  return String(name).padEnd(20) + columns.map((column) => String(column).padStart(11)).join("");
}
