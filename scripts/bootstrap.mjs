// Makes a fresh clone ready, also when npm asks for it (`prepare`): installs the packages that the
// lock file names, and builds. Uses nothing but Node itself, because at this point there is nothing
// else.
import { spawnSync } from "node:child_process";
import { statSync } from "node:fs";
import { fileURLToPath } from "node:url";

const OLDEST_NODE = { major: 20, minor: 19 };

/** Options of the npm that runs this, which its own installation here must not take for its own. */
const OTHERS_OPTIONS =
  /^npm_config_(?:global|globalconfig|location|prefix|local_prefix|dry_run|omit|include|only|production|install_links)$/i;

const root = fileURLToPath(new URL("..", import.meta.url));

const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
if (major < OLDEST_NODE.major || (major === OLDEST_NODE.major && minor < OLDEST_NODE.minor)) {
  fail(
    `Node ${OLDEST_NODE.major}.${OLDEST_NODE.minor} or newer is needed, this is ${process.version}`,
  );
}

// npm writes this file last, so that it is there and newer only after a complete installation
if (changedAt("node_modules/.package-lock.json") < changedAt("package-lock.json")) {
  run("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"]);
}
run(process.execPath, ["scripts/build.mjs"]);

/** @param {string} path */
function changedAt(path) {
  return statSync(`${root}/${path}`, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

/**
 * @param {string} command
 * @param {string[]} args
 */
function run(command, args) {
  const { status } = spawnSync(command, args, {
    cwd: root,
    stdio: ["ignore", "inherit", "inherit"],
    env: Object.fromEntries(
      Object.entries(process.env).filter(([name]) => !OTHERS_OPTIONS.test(name)),
    ),
    // npm is a script on Windows
    shell: process.platform === "win32" && command === "npm",
  });
  if (status !== 0) fail(`\`${command} ${args.join(" ")}\` failed`);
}

/**
 * @param {string} message
 * @returns {never}
 */
function fail(message) {
  console.error(`bootstrap: ${message}`);
  process.exit(1);
}
