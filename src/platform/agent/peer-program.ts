import { execFile } from "node:child_process";
import { existsSync, readFileSync, readlinkSync, realpathSync, statSync } from "node:fs";
import type { Socket } from "node:net";
import { basename, resolve, sep } from "node:path";
import { firstProgram } from "#platform/program/find-program.ts";
import { isStandalone } from "#platform/program/own-program.ts";

/** A process that has connected to a socket of this process, or is its own parent. */
export interface PeerProgram {
  readonly pid: number;
  /** The path of its executable file. */
  readonly path: string;
  /** The script that it runs, where it is an interpreter; null for none. */
  readonly script: string | null;
  /** The names of its parents, nearest first, with the names of their scripts. */
  readonly parents: readonly string[];
  /**
   * Equal for processes of the same executable and script, with parents of the same. A process can
   * change it: by another parent, or by executing another file.
   */
  readonly key: string;
  /** Whether it runs this installation of fob. */
  readonly isOwn: boolean;
  /** The same, at a terminal. */
  readonly isOwnTerminal: boolean;
}

/** Where systems have `ss`: a folder of PATH may be anybody's. */
const SS_PLACES = ["/usr/bin/ss", "/usr/sbin/ss", "/bin/ss", "/sbin/ss"];

/** The time limit for `ss`, in milliseconds. */
const SS_MS = 2_000;

/** A machine with very many sockets is not looked through. In bytes. */
const MAX_OUTPUT = 8 * 1024 * 1024;

/** How many parents are named. */
const MAX_PARENTS = 4;

/** How many processes may stand between a program and the last parent that is named. */
const MAX_STEPS = 32;

/**
 * Makes a function that finds the process at the other end of a connection, on Linux with `ss`
 * (iproute2); null where the system does not tell. `folder` is that of this installation. One `ss`
 * runs at a time, for all who wait for it.
 */
export function peerFinder(folder: string): (socket: Socket) => Promise<PeerProgram | null> {
  if (process.platform !== "linux") return async () => null;
  let running: Promise<string> = Promise.resolve("");
  let next: Promise<string> | null = null;
  // one that has begun before may not have seen the connection
  const freshListing = () => {
    next ??= running
      .catch(() => "")
      .then(() => {
        next = null;
        running = listSockets();
        return running;
      });
    return next;
  };
  return async (socket) => {
    try {
      const own = inodeOf(socket);
      if (own === null) return null;
      const pid = pidOfPeer(await freshListing(), own);
      return pid === null ? null : programOf(pid, folder);
    } catch {
      // it has ended, or /proc is not there
      return null;
    }
  };
}

/** A process by its PID; null where the system does not tell. */
export function programOf(pid: number, folder: string): PeerProgram | null {
  try {
    const path = readlinkSync(`/proc/${pid}/exe`);
    const script = scriptOf(pid, path);
    const { parent, terminal, started } = statOf(pid);
    const parents = parentsOf(parent, { path, script });
    // a PID that was given to another process meanwhile
    if (statOf(pid).started !== started) return null;
    const isOwn = isOwnProgram(pid, path, folder);
    return {
      pid,
      path,
      script,
      parents: parents.map(nameOf),
      key: JSON.stringify([{ path, script }, ...parents]),
      isOwn,
      isOwnTerminal: terminal !== 0 && isOwn,
    };
  } catch {
    // not of this user, or ended meanwhile
    return null;
  }
}

/** Node gives the descriptor of a socket to nobody but its handle. */
function inodeOf(socket: Socket): string | null {
  const fd = (socket as { readonly _handle?: { readonly fd?: number } })._handle?.fd;
  if (fd === undefined || fd < 0) return null;
  return /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/self/fd/${fd}`))?.[1] ?? null;
}

function listSockets(): Promise<string> {
  const ss = firstProgram(SS_PLACES);
  if (ss === null) return Promise.resolve("");
  return new Promise((resolve, reject) => {
    const options = {
      timeout: SS_MS,
      maxBuffer: MAX_OUTPUT,
      killSignal: "SIGKILL",
      encoding: "latin1",
    } as const;
    execFile(ss, ["-xpHOn", "state", "all"], options, (error, output) =>
      error ? reject(error) : resolve(output),
    );
  });
}

/** How many characters the users of a socket take in a listing; what is behind is not looked at. */
const MAX_USERS = 4_096;

/**
 * The process that holds the other end of the connection whose one end has the inode `own`. Names
 * of sockets and processes may have quotation marks and line breaks, and imitate a row: so a
 * listing only says where to look, and /proc has to agree.
 */
function pidOfPeer(listing: string, own: string): number | null {
  const peer = peerOf(listing, own);
  if (peer === null) return null;
  const pids = new Set<number>();
  for (const at of placesOf(listing, ` ${peer} `)) {
    const users = listing.slice(at, at + MAX_USERS);
    for (const [, pid, fd] of users.matchAll(/,pid=(\d{1,10}),fd=(\d{1,10})\)/g)) {
      if (holds(`/proc/${pid}/fd/${fd}`, peer)) pids.add(Number(pid));
    }
  }
  const [pid, second] = pids;
  // two processes share the connection: nobody knows which one asks
  return second === undefined ? (pid ?? null) : null;
}

/**
 * The inode of the other end: the rows of both ends have `INODE * INODE-OF-PEER`, with spaces
 * between. Null where rows contradict each other.
 */
function peerOf(listing: string, own: string): string | null {
  const found = new Set<string>();
  for (const at of placesOf(listing, ` ${own} `)) {
    const end = at + own.length + 1;
    const before = /(?:^|\s)(\d{1,10}) +\* *$/.exec(listing.slice(Math.max(0, at - NEAR), at));
    const behind = /^ +\* +(\d{1,10})\s/.exec(listing.slice(end, end + NEAR));
    for (const match of [before, behind]) if (match?.[1] !== undefined) found.add(match[1]);
  }
  const [peer, second] = found;
  return second === undefined ? (peer ?? null) : null;
}

/** Farther than this from an inode, its peer's does not stand. In characters. */
const NEAR = 64;

function placesOf(text: string, part: string): number[] {
  const places: number[] = [];
  for (let at = text.indexOf(part); at >= 0 && places.length < MAX_PLACES; ) {
    places.push(at);
    at = text.indexOf(part, at + 1);
  }
  return places;
}

/** How often a listing may name one socket. */
const MAX_PLACES = 64;

function holds(descriptor: string, inode: string): boolean {
  try {
    return readlinkSync(descriptor) === `socket:[${inode}]`;
  } catch {
    // another user's, or a row that only looks like one
    return false;
  }
}

/** The parent, the terminal and the start of a process: fields 4, 7 and 22 of stat (proc(5)). */
function statOf(pid: number) {
  const fields = readFileSync(`/proc/${pid}/stat`, "latin1")
    .replace(/^.*\)/s, "")
    .trim()
    .split(" ");
  return { parent: Number(fields[1]), terminal: Number(fields[4]), started: fields[19] ?? "" };
}

/** What a process is: its executable file, or its name where that is another user's. */
interface Origin {
  readonly path: string;
  readonly script: string | null;
}

/** The parents, nearest first; a process that is the same as its child was only forked by it. */
function parentsOf(first: number, child: Origin): Origin[] {
  const origins = [child];
  let pid = first;
  for (let step = 0; pid > 0 && step < MAX_STEPS && origins.length <= MAX_PARENTS; step++) {
    const origin = originOf(pid);
    const last = origins.at(-1);
    if (last?.path !== origin.path || last.script !== origin.script) origins.push(origin);
    pid = statOf(pid).parent;
  }
  return origins.slice(1);
}

function originOf(pid: number): Origin {
  try {
    const path = readlinkSync(`/proc/${pid}/exe`);
    return { path, script: scriptOf(pid, path) };
  } catch {
    return { path: readFileSync(`/proc/${pid}/comm`, "utf8").trim(), script: null };
  }
}

function nameOf({ path, script }: Origin): string {
  return script === null ? basename(path) : `${basename(path)} ${basename(script)}`;
}

/** Programs whose first argument is the program that a person means. */
const INTERPRETER =
  /^(?:(?:node|nodejs|deno|bun|python|perl|ruby|php|lua|tclsh)[\d.-]*|[a-z]{0,4}sh)$/;

/** Options after which there is code, or the name of a module, in place of a script. */
const HAS_CODE = /^-(?:[a-z]*c|e|p|m|-eval\b.*|-print\b.*)$/;

/** Options whose value is the next word, which is not the script. */
const HAS_VALUE =
  /^-(?:[rCWXI]|-(?:require|import|loader|experimental-loader|conditions|rcfile|init-file))$/;

/** The script of an interpreter, as an absolute path; null where it runs none. */
function scriptOf(pid: number, path: string): string | null {
  if (!INTERPRETER.test(basename(path))) return null;
  const [, ...words] = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
  const first = words.find(
    (word, i) =>
      HAS_CODE.test(word) || !(word.startsWith("-") || HAS_VALUE.test(words[i - 1] ?? "")),
  );
  if (first === undefined || first === "" || first.startsWith("-")) return null;
  try {
    const absolute = resolve(readlinkSync(`/proc/${pid}/cwd`), first);
    return statSync(absolute).isFile() ? realpathSync(absolute) : null;
  } catch {
    // it was removed meanwhile, or is no path
    return null;
  }
}

/** Whether a process runs a script of this installation with this Node, or this executable. */
function isOwnProgram(pid: number, path: string, folder: string): boolean {
  if (path !== realpathSync(process.execPath)) return false;
  if (isStandalone()) return true;
  const [, script] = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0");
  if (script === undefined || script === "") return false;
  const absolute = resolve(readlinkSync(`/proc/${pid}/cwd`), script);
  // another word for Node: an option, or code
  if (!existsSync(absolute)) return false;
  return realpathSync(absolute).startsWith(realpathSync(folder) + sep);
}
