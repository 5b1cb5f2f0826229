import { execFile } from "node:child_process";
import { existsSync, readFileSync, readlinkSync, realpathSync } from "node:fs";
import type { Socket } from "node:net";
import { basename, resolve, sep } from "node:path";
import { firstProgram } from "#platform/program/find-program.ts";
import { isStandalone } from "#platform/program/own-program.ts";

/** A process that has connected to a socket of this process, or is its own parent. */
export interface PeerProgram {
  readonly pid: number;
  /** The path of its executable file. */
  readonly path: string;
  /** The names of its parents, nearest first. */
  readonly parents: readonly string[];
  /** Equal for processes of the same executable with the same parent. */
  readonly key: string;
  /** Whether it runs this installation of fob, and has a terminal. */
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

/**
 * The process at the other end of a connection, on Linux with `ss` (iproute2); null where the
 * system does not tell. `folder` is that of this installation.
 */
export async function peerProgram(socket: Socket, folder: string): Promise<PeerProgram | null> {
  if (process.platform !== "linux") return null;
  try {
    const own = inodeOf(socket);
    if (own === null) return null;
    const pid = pidOfPeer(await listSockets(), own);
    return pid === null ? null : programOf(pid, folder);
  } catch {
    // it has ended, or /proc is not there
    return null;
  }
}

/** A process by its PID; null where the system does not tell. */
export function programOf(pid: number, folder: string): PeerProgram | null {
  try {
    const path = readlinkSync(`/proc/${pid}/exe`);
    const { parent, terminal, started } = statOf(pid);
    const parents = parentsOf(parent);
    // a PID that was given to another process meanwhile
    if (statOf(pid).started !== started) return null;
    const above = parent === 0 ? "" : `${parent}/${statOf(parent).started}`;
    return {
      pid,
      path,
      parents,
      key: JSON.stringify([path, above]),
      isOwnTerminal: terminal !== 0 && isOwnProgram(pid, path, folder),
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
    const options = { timeout: SS_MS, maxBuffer: MAX_OUTPUT, killSignal: "SIGKILL" } as const;
    execFile(ss, ["-xpHOn", "state", "all"], options, (error, output) =>
      error ? reject(error) : resolve(output),
    );
  });
}

/**
 * The process of the connection whose one end has the inode `own`: columns are type, state, two
 * queues, address and inode, address and inode of the peer, and the users of the socket.
 */
function pidOfPeer(listing: string, own: string): number | null {
  const rows = listing.split("\n").map((line) => line.trimEnd().split(/ +/));
  const inode = columnsOf(onlyRow(rows, own))?.peer;
  const row = inode === undefined ? null : onlyRow(rows, inode);
  const pids = row ? [...row.join(" ").matchAll(/,pid=(\d+),/g)].map(([, pid]) => Number(pid)) : [];
  const different = new Set(pids);
  // two processes share the connection: nobody knows which one asks
  return different.size === 1 ? (pids[0] ?? null) : null;
}

/**
 * The row of an inode. Null where there are two: names of sockets and processes may have spaces and
 * line breaks, and imitate a row.
 */
function onlyRow(rows: readonly (readonly string[])[], inode: string): readonly string[] | null {
  const [row, second] = rows.filter((one) => columnsOf(one)?.inode === inode);
  return row && !second ? row : null;
}

/** The inodes before `users:`, or at the end of a row. */
function columnsOf(
  row: readonly string[] | null,
): { readonly inode: string; readonly peer: string } | null {
  if (!row) return null;
  const users = row.findLastIndex((word) => word.startsWith("users:(("));
  const end = users < 0 ? row.length : users;
  const [inode, , peer] = row.slice(Math.max(0, end - 3), end);
  return inode !== undefined && peer !== undefined ? { inode, peer } : null;
}

/** The parent, the terminal and the start of a process: fields 4, 7 and 22 of stat (proc(5)). */
function statOf(pid: number) {
  const fields = readFileSync(`/proc/${pid}/stat`, "latin1")
    .replace(/^.*\)/s, "")
    .trim()
    .split(" ");
  return { parent: Number(fields[1]), terminal: Number(fields[4]), started: fields[19] ?? "" };
}

function parentsOf(first: number): string[] {
  const names: string[] = [];
  for (let pid = first; pid > 0 && names.length < MAX_PARENTS; pid = statOf(pid).parent)
    names.push(nameOf(pid));
  return names;
}

/** The name of its file; its own name where that is another user's. */
function nameOf(pid: number): string {
  try {
    return basename(readlinkSync(`/proc/${pid}/exe`));
  } catch {
    return readFileSync(`/proc/${pid}/comm`, "utf8").trim();
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
