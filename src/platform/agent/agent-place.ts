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

/** What a socket's name may have on every system; Node cuts a longer one without a word. */
const MAX_NAME_BYTES = 103;

/** Where an agent is to listen. */
export interface AgentPlace {
  readonly socket: string;
  /**
   * A link to the socket whose name depends on the home alone: shells know it before there is an
   * agent. Null where there is none.
   */
  readonly link: string | null;
}

/**
 * Where a new agent of a home listens: at FOB_AGENT_SOCK, or under a name of its own that nobody
 * can know before, on Windows of a named pipe, else of a socket in the session's folder
 * (XDG_RUNTIME_DIR), or in the temporary one.
 */
export function newAgentPlace(home: string, env: NodeJS.ProcessEnv): AgentPlace {
  const named = namedSocket(home, env);
  if (named !== null) return { socket: named, link: null };
  const name = randomBytes(16).toString("hex");
  if (process.platform === "win32") return { socket: `\\\\.\\pipe\\fob-${name}`, link: null };
  return { socket: join(socketFolder(env), `${name}.sock`), link: agentLink(home, env) };
}

/** Where a shell finds the agent of a home; empty on Windows, whose shells reach no pipe. */
export function agentForShells(home: string, env: NodeJS.ProcessEnv): string {
  return namedSocket(home, env) ?? agentLink(home, env) ?? "";
}

/** The addresses where an agent may listen of which no claim tells. */
export function likelyAddresses(home: string, env: NodeJS.ProcessEnv): string[] {
  const link = agentLink(home, env);
  const named = namedSocket(home, env);
  return [...(link === null ? [] : [realPath(link)]), ...(named === null ? [] : [named])].filter(
    isOurSocket,
  );
}

/**
 * Makes the folder of a socket. Throws FobError `unavailable` when others can write to it, or its
 * name is too long.
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
