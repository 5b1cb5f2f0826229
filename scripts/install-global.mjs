// Installs a copy of this clone for every folder: `npm run install:global`. `npm install -g .` only
// links to the clone, so that fob would go with it. What is given after `--` goes to npm.
import { spawnSync } from "node:child_process";
import { accessSync, constants, existsSync, mkdtempSync, realpathSync, rmSync } from "node:fs";
import { homedir, tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const isWindows = process.platform === "win32";
const wishes = process.argv.slice(2);

// npm would say so after all else is done, in twenty lines
const prefix = run("npm", ["prefix", "--global", ...wishes], "pipe").trim();
const packages = isWindows ? join(prefix, "node_modules") : join(prefix, "lib", "node_modules");
if (!isWritable(packages))
  fail(
    `no right to write into ${packages}`,
    "`npm run install:global -- --prefix ~/.local` installs it for you alone",
  );

run(process.execPath, [join(root, "scripts/bootstrap.mjs")], "inherit");
const folder = mkdtempSync(join(tmpdir(), "fob-install-"));
process.once("exit", () => rmSync(folder, { recursive: true, force: true }));
const tarball = run(process.execPath, [join(root, "scripts/pack.mjs"), folder], "pipe").trim();
const install = ["install", "--global", tarball, "--no-audit", "--no-fund", ...wishes];
run("npm", install, "inherit");
tellWhere(isWindows ? prefix : join(prefix, "bin"));

/**
 * Whether this user may write into a folder, or make it where it is not there yet.
 * @param {string} path
 * @returns {boolean}
 */
function isWritable(path) {
  if (!existsSync(path) && path !== dirname(path)) return isWritable(dirname(path));
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

/**
 * Says where the programs are, and what to do where no shell looks for them there.
 * @param {string} programs
 */
function tellWhere(programs) {
  console.log(`fob is in ${programs}`);
  const searched = (process.env["PATH"] ?? "").split(delimiter).filter(existsSync);
  if (searched.some((path) => realpathSync(path) === realpathSync(programs))) return;
  const shown = programs.startsWith(`${homedir()}/`)
    ? `$HOME${programs.slice(homedir().length)}`
    : programs;
  console.log(
    isWindows
      ? `hint: no shell looks there: add ${programs} to the variable Path`
      : `hint: your shell does not look there: add \`export PATH="${shown}:$PATH"\` to its profile`,
  );
}

/**
 * What a program prints. Ends this one where the program fails, which has said why.
 * @param {string} command
 * @param {readonly string[]} args
 * @param {"pipe" | "inherit"} stdout
 */
function run(command, args, stdout) {
  // npm is a script on Windows
  const shell = isWindows && command === "npm";
  const { status, stdout: printed } = spawnSync(command, args, {
    encoding: "utf8",
    shell,
    stdio: ["ignore", stdout, "inherit"],
  });
  if (status !== 0) fail(`\`${[command, ...args].join(" ")}\` failed`);
  return printed ?? "";
}

/**
 * @param {string} message
 * @param {string} [hint]
 * @returns {never}
 */
function fail(message, hint) {
  console.error(`fob: ${message}${hint === undefined ? "" : `\nhint: ${hint}`}`);
  process.exit(1);
}
