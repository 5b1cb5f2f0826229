import { randomBytes } from "node:crypto";
import {
  chmodSync,
  linkSync,
  lstatSync,
  readlinkSync,
  renameSync,
  type Stats,
  symlinkSync,
} from "node:fs";
import { createConnection } from "node:net";
import { basename, dirname, join } from "node:path";
import { removeQuietly } from "#base/durable-file.ts";
import { describeForeignFileError } from "#base/file-error.ts";
import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";

/** A socket that listens. */
export interface TakenSocket {
  /** Removes its name, unless that leads to another one meanwhile. Never throws. */
  release(): void;
}

/** Rounds in which others take the same name and leave it again. */
const MAX_ROUNDS = 20;

/** Error codes with which file systems say that they have no hard links. */
const NO_LINKS = new Set(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EACCES", "EINVAL", "EXDEV"]);

/**
 * Lets `listen` listen at `path`, with mode 0600. A socket of that name that nobody answers on is
 * replaced; for anything else it throws FobError `unavailable`. Of several processes that try at
 * once, one succeeds: a socket has its name only when it listens already. `listen` binds before it
 * returns, to a name in the folder where this process then is; paths are in the folder of `path`.
 */
export async function takeSocket(
  path: string,
  listen: (name: string) => Promise<unknown>,
): Promise<TakenSocket> {
  if (process.platform === "win32") {
    await listen(path);
    return { release: () => undefined };
  }
  const draft = `.fob-${randomBytes(4).toString("hex")}`;
  const temporary = join(dirname(path), draft);
  await from(dirname(path), () => listen(draft));
  try {
    chmodSync(temporary, 0o600);
    await giveName(temporary, path, listen);
    const own = lstatSync(path);
    return { release: () => removeSame(path, own) };
  } catch (error) {
    throw describeForeignFileError(error, "create", path);
  } finally {
    removeQuietly(temporary);
  }
}

/** Removes the socket at `path` if no process answers on it. Any other file there stays. */
export async function removeDeadSocket(path: string): Promise<void> {
  if (process.platform === "win32") return;
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found?.isSocket() && (await isDead(path))) putAside(path, found);
}

/** Makes `link` lead to a socket of the same folder. What is there and no link of ours stays. */
export function pointTo(link: string, socket: string): void {
  const found = lstatSync(link, { throwIfNoEntry: false });
  if (found && !found.isSymbolicLink()) return;
  const temporary = `${link}.${randomBytes(4).toString("hex")}`;
  symlinkSync(basename(socket), temporary);
  renameSync(temporary, link);
}

/** Removes a link of {@link pointTo} that still leads to `socket`. Never throws. */
export function removePointer(link: string, socket: string): void {
  try {
    if (readlinkSync(link) === basename(socket)) removeQuietly(link);
  } catch {
    // gone, or no link
  }
}

/**
 * What `work` begins is begun in another folder: the name of a socket has room for little more than
 * its path.
 */
function from<T>(folder: string, work: () => T): T {
  const before = process.cwd();
  process.chdir(folder);
  try {
    return work();
  } finally {
    process.chdir(before);
  }
}

/** A link fails where the name exists: that is what makes the one who has it the only one. */
async function giveName(
  temporary: string,
  path: string,
  listen: (name: string) => Promise<unknown>,
): Promise<void> {
  for (let round = 0; round < MAX_ROUNDS; round++) {
    try {
      linkSync(temporary, path);
      return;
    } catch (error) {
      const { code = "" } = error as NodeJS.ErrnoException;
      if (NO_LINKS.has(code)) return bindThere(path, listen);
      if (code !== "EEXIST") throw error;
    }
    await clear(path);
  }
  throw inUse(path);
}

/** To bind a socket is exclusive as well, but it has its name some time before it listens. */
async function bindThere(path: string, listen: (name: string) => Promise<unknown>): Promise<void> {
  await clear(path);
  await from(dirname(path), () => listen(basename(path)));
  chmodSync(path, 0o600);
}

/**
 * Removes a socket that nobody answers on. Throws FobError `unavailable` for whatever else has the
 * name.
 */
async function clear(path: string): Promise<void> {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (!found) return;
  if (!found.isSocket()) {
    throw new FobError(
      "unavailable",
      t`the agent cannot listen at ${path}: something else than a socket is there`,
      {
        hint: t("FOB_AGENT_SOCK names a place where there is nothing yet"),
      },
    );
  }
  if (!(await isDead(path))) throw inUse(path);
  putAside(path, found);
}

function inUse(path: string): FobError {
  return new FobError("unavailable", t`the agent cannot listen at ${path}: the address is in use`, {
    hint: t("another program listens there; FOB_AGENT_SOCK names another place"),
  });
}

/** Whether a socket refuses everybody, because the process that made it has gone. */
function isDead(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(path);
    socket.once("error", ({ code }: NodeJS.ErrnoException) => resolve(code === "ECONNREFUSED"));
    socket.once("connect", () => {
      socket.destroy();
      resolve(false);
    });
  });
}

/**
 * Removes the very socket that was found dead. Somebody may have replaced it since: the name is
 * taken away first, and given back when it was another one's.
 */
function putAside(path: string, dead: Stats): void {
  const aside = join(dirname(path), `.fob-${randomBytes(4).toString("hex")}`);
  try {
    if (!isSame(lstatSync(path), dead)) return;
    renameSync(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw error;
  }
  try {
    if (!isSame(lstatSync(aside), dead)) linkSync(aside, path);
  } finally {
    removeQuietly(aside);
  }
}

/**
 * Neither a rename nor a link changes the time of a socket, and a number that is used again has
 * another one.
 */
function isSame(one: Stats, other: Stats): boolean {
  return one.dev === other.dev && one.ino === other.ino && one.mtimeMs === other.mtimeMs;
}

function removeSame(path: string, own: Stats): void {
  try {
    if (isSame(lstatSync(path), own)) removeQuietly(path);
  } catch {
    // gone already
  }
}
