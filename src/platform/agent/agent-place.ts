import { randomBytes } from "node:crypto";
import { mkdirSync } from "node:fs";
import { dirname, join } from "node:path";
import { describeForeignFileError } from "#base/file-error.ts";
import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import {
  agentLink,
  isOurFolder,
  isOurSocket,
  namedSocket,
  realPath,
  socketFolder,
} from "./agent-socket.ts";

/**
 * The longest path of a socket that every system supports, in bytes; Node silently cuts a longer
 * one.
 */
const MAX_NAME_BYTES = 103;

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
 * The address for a new agent of a home: FOB_AGENT_SOCK, or an unpredictable new name; on Windows
 * of a named pipe, elsewhere of a socket in the session's folder (XDG_RUNTIME_DIR) or the temporary
 * folder.
 */
export function newAgentPlace(home: string, env: NodeJS.ProcessEnv): AgentPlace {
  const named = namedSocket(home, env);
  if (named !== null) return { socket: named, link: null };
  const name = randomBytes(16).toString("hex");
  if (process.platform === "win32") return { socket: `\\\\.\\pipe\\fob-${name}`, link: null };
  return { socket: join(socketFolder(env), `${name}.sock`), link: agentLink(home, env) };
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

/**
 * Creates the folder of a socket. Throws FobError `unavailable` when others can write to it, or the
 * path is too long.
 */
export function makeSocketFolder(path: string): void {
  if (process.platform === "win32") return;
  if (Buffer.byteLength(path) > MAX_NAME_BYTES) {
    throw new FobError("unavailable", t`${path} is too long for the name of a socket`, {
      hint: t`FOB_AGENT_SOCK names a place with at most ${MAX_NAME_BYTES} bytes`,
    });
  }
  const folder = dirname(path);
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
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
