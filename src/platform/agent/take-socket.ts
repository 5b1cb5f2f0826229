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

/** A listening socket. */
export interface TakenSocket {
  /** Removes the socket file, unless it is another one by now. Never throws. */
  release(): void;
}

/** How often to retry when other processes take the path and release it. */
const MAX_ROUNDS = 20;

/** Error codes of file systems that have no hard links. */
const NO_LINKS = new Set(["EPERM", "ENOTSUP", "EOPNOTSUPP", "ENOSYS", "EACCES", "EINVAL", "EXDEV"]);

/**
 * Listens at `path` with mode 0600. Replaces a socket whose process has ended; throws FobError
 * `unavailable` for anything else at that path. Of several simultaneous processes one succeeds,
 * because the socket gets its path only after it listens. `listen` must bind synchronously, to a
 * name in the current directory, which is the folder of `path` during the call.
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

/** Removes the socket at `path` if its process has ended. Any other file stays. */
export async function removeDeadSocket(path: string): Promise<void> {
  if (process.platform === "win32") return;
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found?.isSocket() && (await isDead(path))) putAside(path, found);
}

/**
 * Makes the symbolic link `link` point to a socket in the same folder. A file that is not a link
 * stays.
 */
export function pointTo(link: string, socket: string): void {
  const found = lstatSync(link, { throwIfNoEntry: false });
  if (found && !found.isSymbolicLink()) return;
  const temporary = `${link}.${randomBytes(4).toString("hex")}`;
  symlinkSync(basename(socket), temporary);
  renameSync(temporary, link);
}

/** Removes a link of {@link pointTo} if it still points to `socket`. Never throws. */
export function removePointer(link: string, socket: string): void {
  try {
    if (readlinkSync(link) === basename(socket)) removeQuietly(link);
  } catch {
    // there is no link
  }
}

/**
 * Calls `work` in another working directory, because the path of a socket is limited to about 100
 * bytes.
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

/**
 * Gives the socket its path by a hard link, which fails when the path exists: so only one process
 * can have it.
 */
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

/**
 * Binds directly to the path, where there are no hard links. That is exclusive as well, but the
 * socket is visible before it listens.
 */
async function bindThere(path: string, listen: (name: string) => Promise<unknown>): Promise<void> {
  await clear(path);
  await from(dirname(path), () => listen(basename(path)));
  chmodSync(path, 0o600);
}

/** Removes a socket whose process has ended. Throws FobError `unavailable` for anything else. */
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

/** Whether a socket refuses connections, because its process has ended. */
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
 * Removes exactly the socket that was found dead. Another process may have replaced it since, so it
 * is renamed first, and renamed back if it is another one.
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
 * Compares inode and time: renaming and linking do not change the time, and a reused inode has
 * another one.
 */
function isSame(one: Stats, other: Stats): boolean {
  return one.dev === other.dev && one.ino === other.ino && one.mtimeMs === other.mtimeMs;
}

function removeSame(path: string, own: Stats): void {
  try {
    if (isSame(lstatSync(path), own)) removeQuietly(path);
  } catch {
    // removed already
  }
}
