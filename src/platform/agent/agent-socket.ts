import { createHash } from "node:crypto";
import { lstatSync, realpathSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";

/**
 * The addresses to look for an agent at, by its claim and by FOB_AGENT_SOCK, of those that only
 * this user can have made.
 */
export function addressesOf(
  agent: { readonly socket: string },
  home: string,
  env: NodeJS.ProcessEnv,
): string[] {
  return [...new Set([namedSocket(home, env) ?? agent.socket, agent.socket])].filter(isOurSocket);
}

/** FOB_AGENT_SOCK, unless it says no more than what holds without it. */
export function namedSocket(home: string, env: NodeJS.ProcessEnv): string | null {
  const named = env["FOB_AGENT_SOCK"];
  if (!named || named === agentLink(home, env)) return null;
  // an agent is in another folder
  return process.platform === "win32" ? named : resolve(named);
}

/** The name of the link to the socket of a home's agent; null on Windows. */
export function agentLink(home: string, env: NodeJS.ProcessEnv): string | null {
  return process.platform === "win32"
    ? null
    : join(socketFolder(env), `${nameFor(realPath(home))}.sock`);
}

/** The folder of all sockets of this user's agents. */
export function socketFolder(env: NodeJS.ProcessEnv): string {
  const session = env["XDG_RUNTIME_DIR"];
  return session ? join(session, "fob") : join(tmpdir(), `fob-${process.getuid?.()}`);
}

/**
 * Whether only this user can have put the socket there, so that what is sent to it reaches no one
 * else.
 */
export function isOurSocket(path: string): boolean {
  if (process.platform === "win32") return true;
  const socket = lstatSync(path, { throwIfNoEntry: false });
  return (
    socket?.isSocket() === true && socket.uid === process.getuid?.() && isOurFolder(dirname(path))
  );
}

/** Whether this user alone can reach a folder. */
export function isOurFolder(folder: string): boolean {
  const found = lstatSync(folder, { throwIfNoEntry: false });
  return (
    found?.isDirectory() === true && found.uid === process.getuid?.() && (found.mode & 0o077) === 0
  );
}

function nameFor(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}

/** Where a path leads, whatever links are in it. */
export function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    // there is no home yet
    return resolve(path);
  }
}
