// The main program of the standalone executable: unpacks fob, which the executable carries as an
// asset, into the user's cache once, and runs it from there with the Node that is in the
// executable. CommonJS, because that is what Node can start from within an executable.
"use strict";
const { spawnSync } = require("node:child_process");
const { createHash } = require("node:crypto");
const { lstatSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } = require("node:fs");
const { createRequire } = require("node:module");
const { homedir } = require("node:os");
const { basename, dirname, join } = require("node:path");
const { getAsset } = require("node:sea");
const { setFlagsFromString } = require("node:v8");
const { gunzipSync } = require("node:zlib");

// the build puts it in
/** @type {string} */
// @ts-expect-error: nothing else knows it
const ARCHIVE_HASH = ARCHIVE_SHA256;

const FOLDER = `fob-${ARCHIVE_HASH.slice(0, 32)}`;

try {
  run(process.argv.slice(2));
} catch (error) {
  process.stderr.write(
    `fob: the standalone program cannot unpack itself: ${error instanceof Error ? error.message : error}\n`,
  );
  process.stderr.write("hint: XDG_CACHE_HOME names a folder that it may write to\n");
  process.exitCode = 8;
}

/**
 * fob starts programs of its own the way Node does: options for Node, a script, its arguments.
 * Everything else is for fob itself.
 * @param {string[]} given
 */
function run(given) {
  const at = given.findIndex((argument) => !argument.startsWith("--max-old-space-size="));
  const script = given[at];
  if (script !== undefined && isProgramOfOurs(script)) {
    for (const flag of given.slice(0, at)) setFlagsFromString(flag);
    process.argv = [process.execPath, script, ...given.slice(at + 1)];
    createRequire(script)(script);
    return;
  }
  const program = join(unpack(), "bin", "fob.js");
  process.argv = [process.execPath, program, ...given];
  createRequire(program)(program);
}

/** @param {string} script */
function isProgramOfOurs(script) {
  const dist = dirname(script);
  return (
    script.endsWith(".cjs") &&
    basename(dist) === "dist" &&
    basename(dirname(dist)) === FOLDER &&
    isOurs(dirname(dist))
  );
}

/** The folder that fob runs from. It appears under its name when everything is in it. */
function unpack() {
  const { XDG_CACHE_HOME, LOCALAPPDATA } = process.env;
  const cache = XDG_CACHE_HOME || LOCALAPPDATA || join(homedir(), ".cache");
  const folder = join(cache, FOLDER);
  if (isOurs(folder)) return folder;
  const archive = Buffer.from(getAsset("fob"));
  if (createHash("sha256").update(archive).digest("hex") !== ARCHIVE_HASH)
    throw new Error("it is damaged");
  mkdirSync(cache, { recursive: true, mode: 0o700 });
  // mode 0700, as all that mkdtemp makes
  const temporary = mkdtempSync(join(cache, `${FOLDER}-`));
  try {
    writeFiles(temporary, gunzipSync(archive));
    // some thousand files: one call for the file system instead of one for each of them; without
    // it, a power cut may cost a few
    spawnSync("/bin/sync", ["-f", temporary], { stdio: "ignore" });
    renameSync(temporary, folder);
  } catch (error) {
    rmSync(temporary, { recursive: true, force: true });
    // another process may have been faster
    if (!isOurs(folder)) throw error;
  }
  return folder;
}

/**
 * The archive is a line of JSON, which lists the files, and then their bytes.
 * @param {string} folder
 * @param {Buffer} archive
 */
function writeFiles(folder, archive) {
  const end = archive.indexOf("\n");
  /** @type {{ path: string, size: number, mode: number }[]} */
  const files = JSON.parse(archive.toString("utf8", 0, end));
  let at = end + 1;
  for (const { path, size, mode } of files) {
    const target = join(folder, path);
    mkdirSync(dirname(target), { recursive: true, mode: 0o700 });
    writeFileSync(target, archive.subarray(at, at + size), { mode });
    at += size;
  }
}

/**
 * Whether nobody but this user can have put something there.
 * @param {string} folder
 */
function isOurs(folder) {
  const found = lstatSync(folder, { throwIfNoEntry: false });
  if (!found) return false;
  // on Windows a folder is as closed as the one that it lies in, which is the user's
  const isClosed =
    process.platform === "win32" ||
    (found.uid === process.getuid?.() && (found.mode & 0o077) === 0);
  if (found.isDirectory() && isClosed) return true;
  throw new Error(`${folder} can be reached by others: remove it`);
}
