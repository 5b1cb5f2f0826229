import { createHash } from "node:crypto";
import { lstatSync, mkdirSync, realpathSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { describeForeignFileError } from "../file-error.ts";
import { FobError } from "../fob-error.ts";
import { t } from "../language.ts";

/** What a socket's name may have on every system; Node cuts a longer one without a word. */
const MAX_NAME_BYTES = 103;

/**
 * Where the agent of a home listens: FOB_AGENT_SOCK, or a socket of its own in the session's folder (XDG_RUNTIME_DIR), or else in the
 * temporary one. On Windows it is a named pipe, which whoever comes first can create: its name holds the id of the vault, which `vaultId` gives
 * and nobody else can know.
 */
export function agentSocket(home: string, env: NodeJS.ProcessEnv, vaultId: () => string | undefined): string {
  if (env["FOB_AGENT_SOCK"]) return env["FOB_AGENT_SOCK"];
  if (process.platform === "win32") return `\\\\.\\pipe\\fob-${nameFor(`${realPath(home)}\n${vaultId() ?? ""}`, 32)}`;
  return join(socketFolder(env), `${nameFor(realPath(home), 16)}.sock`);
}

/**
 * {@link agentSocket} by what the last agent wrote down, without computing it. Null when that agent was told to listen elsewhere, or holds the
 * vault of another home, of which this one is a copy.
 */
export function rememberedSocket(
  home: string,
  env: NodeJS.ProcessEnv,
  agent: { readonly socket: string; readonly home: string } | null,
): string | null {
  if (env["FOB_AGENT_SOCK"]) return env["FOB_AGENT_SOCK"];
  return agent?.home === realPath(home) && dirname(agent.socket) === socketFolder(env) ? agent.socket : null;
}

function socketFolder(env: NodeJS.ProcessEnv): string {
  const session = env["XDG_RUNTIME_DIR"];
  return session ? join(session, "fob") : join(tmpdir(), `fob-${process.getuid?.()}`);
}

/** Whether only this user can have put the socket there, so that what is sent to it reaches no one else. */
export function isOurSocket(path: string): boolean {
  if (process.platform === "win32") return true;
  const socket = lstatSync(path, { throwIfNoEntry: false });
  return socket?.isSocket() === true && socket.uid === process.getuid?.() && isOurFolder(dirname(path));
}

/** Makes the folder of a socket. Throws FobError `unavailable` when others can write to it, or its name is too long. */
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

function isOurFolder(folder: string): boolean {
  const found = lstatSync(folder, { throwIfNoEntry: false });
  return found?.isDirectory() === true && found.uid === process.getuid?.() && (found.mode & 0o077) === 0;
}

function nameFor(text: string, length: number): string {
  return createHash("sha256").update(text).digest("hex").slice(0, length);
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
