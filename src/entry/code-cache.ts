import {
  closeSync,
  constants,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  type Stats,
  unlinkSync,
  writeFileSync,
} from "node:fs";
import { openRegular } from "#base/open-regular.ts";

/** What V8 has compiled of a built file, and the state that the file had. */
export interface Compiled {
  readonly code: Buffer;
  readonly source: string;
}

/** Compiled code of the built files of one program, by their names below `dist`. */
export type CompiledFiles = Map<string, Compiled>;

/** The file that has compiled code. */
export interface CodeFile {
  /** As {@link codeFolder} gives it. */
  readonly folder: string;
  readonly name: string;
  /** The folder of the built files: other copies of the program do not use the code. */
  readonly dist: string;
}

/** Files of other builds are removed when they are this old, in milliseconds. */
const OLD_MS = 30 * 24 * 60 * 60 * 1000;

/** A larger file is not from fob. */
const MAX_BYTES = 32 * 1024 * 1024;

/**
 * The folder where compiled code may be kept for this user: `fob` in the user's cache. Null where
 * the environment names none, it is switched off, or it is not certain that this user alone writes
 * there: as root with another user's HOME, for example.
 */
export function codeFolder(env: NodeJS.ProcessEnv): string | null {
  if (env["NODE_DISABLE_COMPILE_CACHE"] || env["NODE_V8_COVERAGE"]) return null;
  const { LOCALAPPDATA, XDG_CACHE_HOME, HOME } = env;
  if (process.platform === "win32") return LOCALAPPDATA ? `${LOCALAPPDATA}\\fob\\Code` : null;
  if (!HOME?.startsWith("/") || !isOurs(lstatOrNull(HOME))) return null;
  if (process.platform === "darwin") return `${HOME}/Library/Caches/fob`;
  return `${XDG_CACHE_HOME?.startsWith("/") ? XDG_CACHE_HOME : `${HOME}/.cache`}/fob`;
}

/**
 * What {@link writeCompiled} has kept; empty where there is nothing, or another user may have
 * written it.
 */
export function readCompiled(kept: CodeFile): CompiledFiles {
  const compiled: CompiledFiles = new Map();
  if (!isPrivate(lstatOrNull(kept.folder))) return compiled;
  try {
    const bytes = onlyHalf(readPrivately(`${kept.folder}/${kept.name}`));
    const end = bytes.indexOf("\n");
    const head = JSON.parse(bytes.toString("utf8", 0, end));
    // the file of one command, renamed, is none of another
    if (head.name !== kept.name || head.dist !== kept.dist) return compiled;
    let at = end + 1;
    for (const [file, source, length] of head.files) {
      compiled.set(file, { source, code: bytes.subarray(at, at + length) });
      at += length;
    }
  } catch {
    // there is none yet, or it cannot be read: the code is compiled
    compiled.clear();
  }
  return compiled;
}

/**
 * Keeps compiled code for the next run. A failure is ignored. Removes old files of other builds,
 * whose names do not begin with `build`.
 */
export function writeCompiled(kept: CodeFile, compile: () => CompiledFiles, build: string): void {
  const { folder, name } = kept;
  const temporary = `${folder}/.new-${name}-${process.pid}`;
  try {
    makeCache(folder);
    if (!isPrivate(lstatOrNull(folder))) return;
    // before the work of compiling
    const file = openSync(temporary, "wx", 0o600);
    try {
      const compiled = [...compile()];
      const files = compiled.map(([path, { source, code }]) => [path, source, code.length]);
      const head = Buffer.from(`${JSON.stringify({ name, dist: kept.dist, files })}\n`);
      const half = [head, ...compiled.map(([, { code }]) => code)];
      writeFileSync(file, Buffer.concat([...half, ...half]));
    } finally {
      closeSync(file);
    }
    renameSync(temporary, `${folder}/${name}`);
    removeOthers(folder, build);
  } catch {
    // the next run compiles again
    removeIfThere(temporary);
  }
}

/** Makes the folder and the one it lies in. `makeFolders` would load node:path at each start. */
function makeCache(folder: string): void {
  for (const path of [folder.replace(/[\\/]\w+$/, ""), folder]) {
    try {
      mkdirSync(path, { mode: 0o700 });
    } catch {
      // it exists, or the file that is to lie in it says why it does not
    }
  }
}

function removeOthers(folder: string, build: string): void {
  for (const name of readdirSync(folder)) {
    const path = `${folder}/${name}`;
    const changed = name.startsWith(build) ? undefined : lstatOrNull(path)?.mtimeMs;
    if (changed !== undefined && Date.now() - changed > OLD_MS) removeIfThere(path);
  }
}

function removeIfThere(path: string): void {
  try {
    unlinkSync(path);
  } catch {
    // it is gone already, or it stays
  }
}

/**
 * What stands in a file twice. V8 trusts what it is given, and a damaged file would end the
 * process; node:crypto would take longer to load than everything else takes here.
 */
function onlyHalf(file: Buffer): Buffer {
  const [one, other] = [file.subarray(0, file.length / 2), file.subarray(file.length / 2)];
  if (one.equals(other)) return one;
  throw new Error("the file is damaged");
}

function readPrivately(path: string): Buffer {
  const opened = openRegular(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
  if (!opened) throw new Error(path);
  try {
    if (!isPrivate(opened.stats) || opened.stats.size > MAX_BYTES) throw new Error(path);
    return readFileSync(opened.file);
  } finally {
    closeSync(opened.file);
  }
}

/** Whether this user alone can write. */
function isPrivate(stats: Stats | null): boolean {
  return isOurs(stats) && (process.platform === "win32" || ((stats?.mode ?? 0) & 0o022) === 0);
}

function isOurs(stats: Stats | null): boolean {
  const ours = process.geteuid?.();
  return stats !== null && !stats.isSymbolicLink() && (ours === undefined || stats.uid === ours);
}

function lstatOrNull(path: string): Stats | null {
  try {
    return lstatSync(path, { throwIfNoEntry: false }) ?? null;
  } catch {
    return null;
  }
}
