import { lstatSync, readFileSync, realpathSync, rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import {
  moveTo,
  removeQuietly,
  syncFolder,
  whenReleased,
  writeNewFile,
} from "#base/durable-file.ts";
import { describeDoneInDoubt, describeFileError } from "#base/file-error.ts";
import { FobError } from "#base/fob-error.ts";
import { refuseForeignHome } from "#base/home-owner.ts";
import { t } from "#base/language.ts";
import { makeFolders } from "#base/make-folders.ts";
import { decodeText } from "#token/text-encoding.ts";

/** The content of `config.json`, with unknown keys. */
export type Config = Readonly<Record<string, unknown>>;

const MAX_BYTES = 64 * 1024;

/**
 * How long a writer waits for another writer, and how old the file of a writer must be to count as
 * abandoned, in milliseconds. It is longer than the writing itself takes (base/file-age.ts): on
 * Windows a writer may wait three seconds until other programs release the old file.
 */
const PATIENCE = 5_000;
const PAUSE = 20;

/** The path of the configuration in a home. */
export function configPath(home: string): string {
  return join(home, "config.json");
}

/**
 * Reads the configuration; empty when there is no file. Throws FobError `invalid` for a file that
 * is not a JSON object, `unavailable` for one that cannot be read.
 */
export function readConfig(home: string): Config {
  const path = configPath(home);
  return parseConfig(readText(path), path);
}

/**
 * Changes the configuration durably and atomically, without losing changes of other processes. Only
 * the owner can read the file. Throws what {@link readConfig} throws.
 */
export async function changeConfig(
  home: string,
  change: (config: Config) => Config,
): Promise<void> {
  makeHome(home);
  const path = targetOf(configPath(home));
  for (const end = Date.now() + PATIENCE; ; ) {
    const before = readText(path);
    const after = change(parseConfig(before, path));
    if (replaceUnlessChanged(path, before, `${JSON.stringify(after, null, 2)}\n`)) return;
    if (Date.now() > end)
      throw new FobError(
        "unavailable",
        t`${path} is being written by another process all the time`,
      );
    await new Promise((resolve) => setTimeout(resolve, PAUSE));
  }
}

/** Replaces the file if its text is still `before`. The draft file serves as a lock. */
function replaceUnlessChanged(path: string, before: string | null, after: string): boolean {
  const draft = `${path}.new`;
  try {
    // on Windows the draft of another writer may be in deletion
    whenReleased(() => writeNewFile(draft, Buffer.from(after)));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST")
      throw describeFileError(error, "write", draft);
    removeIfLeft(draft);
    return false;
  }
  try {
    const isUnchanged = readText(path) === before;
    if (isUnchanged) moveTo(draft, path);
    else removeQuietly(draft);
    if (!isUnchanged) return false;
  } catch (error) {
    removeQuietly(draft);
    throw describeFileError(error, "write", path);
  }
  try {
    syncFolder(dirname(path));
    return true;
  } catch (error) {
    throw describeDoneInDoubt(error, path);
  }
}

/**
 * Removes an abandoned draft: writing takes milliseconds, so an old draft is left from a process
 * that was ended, and so is one with a time in the future. Throws FobError `unavailable` for a
 * folder or special file, and for a draft that cannot be removed.
 */
function removeIfLeft(draft: string): void {
  const found = lstatSync(draft, { throwIfNoEntry: false });
  if (!found) return;
  if (!found.isFile()) {
    const what = found.isDirectory() ? t`${draft} is a folder` : t`${draft} is not a file`;
    throw new FobError("unavailable", t`${what}, and in the way of what is to be written`, {
      hint: t("remove it; nothing was changed"),
    });
  }
  if (Math.abs(Date.now() - found.mtimeMs) <= PATIENCE) return;
  try {
    rmSync(draft, { force: true });
  } catch (error) {
    throw describeFileError(error, "remove", draft);
  }
}

function makeHome(home: string): void {
  refuseForeignHome(home);
  try {
    makeFolders(home, 0o700);
  } catch (error) {
    throw describeFileError(error, "create", home);
  }
}

/** The target of a symbolic link: some people keep their configuration files elsewhere. */
function targetOf(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    // the file does not exist yet
    return path;
  }
}

function readText(path: string): string | null {
  try {
    const file = whenReleased(() => statSync(path, { throwIfNoEntry: false }));
    if (!file) return null;
    if (!file.isFile())
      throw new FobError("invalid", t`${path} is not a file`, {
        hint: t("move it away: `fob config set` makes a new one"),
      });
    if (file.size > MAX_BYTES)
      throw new FobError("invalid", t`${path} is larger than ${MAX_BYTES / 1024} KiB`);
    return decodeText(
      whenReleased(() => readFileSync(path)),
      path,
    );
  } catch (error) {
    throw describeFileError(error, "read", path);
  }
}

function parseConfig(text: string | null, path: string): Config {
  const config = text === null ? {} : parseJson(text, path);
  if (typeof config === "object" && config !== null && !Array.isArray(config))
    return config as Config;
  throw new FobError("invalid", t`${path} is not a JSON object`, {
    hint: '{ "code.min-validity": 5 } is one',
  });
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    const at = /position (\d+)/.exec((error as Error).message)?.[1];
    const line = at === undefined ? "" : t` (line ${text.slice(0, Number(at)).split("\n").length})`;
    throw new FobError("invalid", t`${path} is not JSON${line}`, {
      hint: isCommented(text)
        ? t("it has comments, and JSON has none: take them out")
        : t("correct it, or remove it"),
    });
  }
}

function isCommented(text: string): boolean {
  let isInString = false;
  for (let i = 0; i < text.length; i++) {
    const character = text[i] ?? "";
    if (isInString && character === "\\") i++;
    else if (character === '"') isInString = !isInString;
    else if (character === "\n") isInString = false;
    else if (
      !isInString &&
      (character === "#" || text.startsWith("//", i) || text.startsWith("/*", i))
    )
      return true;
  }
  return false;
}
