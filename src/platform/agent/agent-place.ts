import { randomBytes } from "node:crypto";
import { lstatSync, mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { describeForeignFileError } from "#base/file-error.ts";
import { FobError } from "#base/fob-error.ts";
import { nameUser } from "#base/home-owner.ts";
import { t } from "#base/language.ts";
import { makeFolders } from "#base/make-folders.ts";
import { agentLink, isOurSocket, linkIn, namedSocket, realPath } from "./agent-socket.ts";
import {
  faultsOfSocketFolders,
  isOurFolder,
  MAX_NAME_BYTES,
  socketFolders,
} from "./socket-folders.ts";

/** The address of a new agent. */
export interface AgentPlace {
  readonly socket: string;
  /**
   * A link to the socket. Its name depends only on the home, so shells know it before the agent
   * starts. Null when there is none.
   */
  readonly link: string | null;
}

/**
 * The address for a new agent of a home, in a folder that is made for it: FOB_AGENT_SOCK, or an
 * unpredictable new name; on Windows of a named pipe, elsewhere of a socket in the session's folder
 * (XDG_RUNTIME_DIR) or the temporary folder. Throws FobError `unavailable` when there is no folder
 * that only this user can reach, or the path is too long.
 */
export function newAgentPlace(home: string, env: NodeJS.ProcessEnv): AgentPlace {
  const named = namedSocket(home, env);
  if (named !== null) {
    makeFolderOf(named);
    return { socket: named, link: null };
  }
  const name = randomBytes(16).toString("hex");
  if (process.platform === "win32") return { socket: `\\\\.\\pipe\\fob-${name}`, link: null };
  const folder = makeFirst(socketFolders(env));
  if (folder !== null) return { socket: join(folder, `${name}.sock`), link: linkIn(folder, home) };
  const faults = faultsOfSocketFolders(env).reduce((all, one) => t`${all}; ${one}`);
  throw new FobError("unavailable", t("there is no folder for the socket of an agent"), {
    hint: t`FOB_AGENT_SOCK names another place: ${faults}`,
  });
}

/** The address of a home's agent for shells; empty on Windows, where shells cannot use pipes. */
export function agentForShells(home: string, env: NodeJS.ProcessEnv): string {
  return namedSocket(home, env) ?? agentLink(home, env) ?? "";
}

/** The addresses where an agent without a claim may listen. */
export function likelyAddresses(home: string, env: NodeJS.ProcessEnv): string[] {
  const link = agentLink(home, env);
  const named = namedSocket(home, env);
  return [...(link === null ? [] : [realPath(link)]), ...(named === null ? [] : [named])].filter(
    isOurSocket,
  );
}

/** The owner of a socket, in words, where that is another user; null where there is no socket. */
export function foreignOwnerOf(path: string): string | null {
  if (process.platform === "win32") return null;
  const owner = lstatSync(path, { throwIfNoEntry: false })?.uid;
  return owner === undefined || owner === process.getuid?.() ? null : nameUser(owner);
}

/** Makes the first of these folders that can be made; null for none. */
export function makeFirst(folders: readonly string[]): string | null {
  return (
    folders.find((folder) => {
      try {
        // not its parents: on some file systems, Node would try that for ever
        mkdirSync(folder, { mode: 0o700 });
      } catch {
        // it exists, or cannot be made
      }
      return isOurFolder(folder);
    }) ?? null
  );
}

function makeFolderOf(path: string): void {
  if (process.platform === "win32") return;
  if (Buffer.byteLength(path) > MAX_NAME_BYTES) {
    throw new FobError("unavailable", t`${path} is too long for the name of a socket`, {
      hint: t`FOB_AGENT_SOCK names a place with at most ${MAX_NAME_BYTES} bytes`,
    });
  }
  const folder = dirname(path);
  try {
    makeFolders(folder, 0o700);
  } catch (error) {
    throw describeForeignFileError(error, "create", folder);
  }
  if (isOurFolder(folder)) return;
  throw new FobError(
    "unavailable",
    t`${folder} is not a folder that only you can reach: the agent must not listen there`,
    {
      hint: t("it must belong to you with mode 700; FOB_AGENT_SOCK names another place"),
    },
  );
}
