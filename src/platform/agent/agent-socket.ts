import { createHash } from "node:crypto";
import { lstatSync, realpathSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { isOurFolder, socketFolders } from "./socket-folders.ts";

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

/** The path of the link to the socket of a home's agent; null on Windows, and without a folder. */
export function agentLink(home: string, env: NodeJS.ProcessEnv): string | null {
  const [folder] = process.platform === "win32" ? [] : socketFolders(env);
  return folder === undefined ? null : linkIn(folder, home);
}

/** The path of the link to the socket of a home's agent, in a folder of {@link socketFolders}. */
export function linkIn(folder: string, home: string): string {
  return join(folder, `${nameFor(realPath(home))}.sock`);
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
