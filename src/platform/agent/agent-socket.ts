import { createHash } from "node:crypto";
import { lstatSync, realpathSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";

/**
 * The addresses where an agent may listen, from its claim and FOB_AGENT_SOCK; only sockets that no
 * other user can have created.
 */
export function addressesOf(
  agent: { readonly socket: string },
  home: string,
  env: NodeJS.ProcessEnv,
): string[] {
  return [...new Set([namedSocket(home, env) ?? agent.socket, agent.socket])].filter(isOurSocket);
}

/** The socket in FOB_AGENT_SOCK; null when it is not set, or is the default link. */
export function namedSocket(home: string, env: NodeJS.ProcessEnv): string | null {
  const named = env["FOB_AGENT_SOCK"];
  if (!named || named === agentLink(home, env)) return null;
  // absolute, because the agent's working directory is another one
  return process.platform === "win32" ? named : resolve(named);
}

/** The path of the link to the socket of a home's agent; null on Windows. */
export function agentLink(home: string, env: NodeJS.ProcessEnv): string | null {
  return process.platform === "win32"
    ? null
    : join(socketFolder(env), `${nameFor(realPath(home))}.sock`);
}

/** The folder of the sockets of this user's agents. */
export function socketFolder(env: NodeJS.ProcessEnv): string {
  const session = env["XDG_RUNTIME_DIR"];
  return session ? join(session, "fob") : join(tmpdir(), `fob-${process.getuid?.()}`);
}

/**
 * Whether only this user can have created the socket, so that no other user receives what is sent
 * to it.
 */
export function isOurSocket(path: string): boolean {
  if (process.platform === "win32") return true;
  const socket = lstatSync(path, { throwIfNoEntry: false });
  return (
    socket?.isSocket() === true && socket.uid === process.getuid?.() && isOurFolder(dirname(path))
  );
}

/** Whether only this user can access a folder. */
export function isOurFolder(folder: string): boolean {
  const found = lstatSync(folder, { throwIfNoEntry: false });
  return (
    found?.isDirectory() === true && found.uid === process.getuid?.() && (found.mode & 0o077) === 0
  );
}

function nameFor(text: string): string {
  return createHash("sha256").update(text).digest("hex").slice(0, 16);
}

/** The path without symbolic links. */
export function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    // the home does not exist yet
    return resolve(path);
  }
}
