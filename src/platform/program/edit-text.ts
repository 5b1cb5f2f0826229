import {
  accessSync,
  chmodSync,
  constants,
  existsSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { whenSignalled } from "#base/ending.ts";
import { describeFileError } from "#base/file-error.ts";
import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { lifeHere } from "#base/processes.ts";
import { readInputFile } from "#cli/inputs.ts";
import { decodeText } from "#token/text-encoding.ts";
import { personCommand } from "./person-command.ts";
import { type ProgramHost, runProgram } from "./run-program.ts";

/** The names of our folders: the process, and six random characters. */
const FOLDER = /^fob-note-([0-9]+)-/;

/** The name of the file, by whose ending editors know what it is. */
const FILE = "note.txt";

/**
 * Lets a person edit a text in their editor, and returns it: at most `limit` bytes. The file is
 * readable by its owner only, lies in memory where the system has a folder there, and is wiped
 * afterwards, also when a signal ends the process. Throws FobError `usage` where there is no
 * editor, `unavailable` when it fails.
 */
export async function editText(text: string, limit: number, host: ProgramHost): Promise<string> {
  const folder = makeFolder(folderInMemory(host.env));
  const wipe = () => wipeFolder(folder);
  const done = whenSignalled(wipe);
  try {
    const path = join(folder, FILE);
    writeFileSync(path, text, { mode: 0o600, flag: "wx" });
    const exitCode = await runProgram(editing(host.env, path), host);
    if (exitCode !== 0) {
      throw new FobError("unavailable", t`the editor ended with exit code ${exitCode}`, {
        hint: t("nothing was changed; $VISUAL or $EDITOR names the editor"),
      });
    }
    if (!existsSync(path)) throw removedByEditor();
    return decodeText(readInputFile(path, limit), t("the edited text"));
  } finally {
    done();
    wipe();
  }
}

function removedByEditor(): FobError {
  return new FobError("unavailable", t("the editor has removed the file"), {
    hint: t("nothing was changed; an empty file removes the note"),
  });
}

function editing(env: NodeJS.ProcessEnv, path: string) {
  const usual = process.platform === "win32" ? "notepad" : "vi";
  const [command, args] = personCommand(env["VISUAL"] || env["EDITOR"] || usual, [path]);
  return { command, args, env: {}, input: null };
}

/** A folder whose files are in memory; that for temporary files where there is none. */
function folderInMemory(env: NodeJS.ProcessEnv): string {
  return foldersInMemory(env)[0] ?? tmpdir();
}

function foldersInMemory(env: NodeJS.ProcessEnv): readonly string[] {
  return [env["XDG_RUNTIME_DIR"] ?? "", "/dev/shm"].filter(
    (folder) => folder.startsWith("/") && process.platform === "linux" && isWritable(folder),
  );
}

function isWritable(folder: string): boolean {
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
    return statSync(folder).isDirectory();
  } catch {
    // another place is taken
    return false;
  }
}

function makeFolder(place: string): string {
  try {
    const folder = mkdtempSync(join(place, `fob-note-${process.pid}-`));
    chmodSync(folder, 0o700);
    return folder;
  } catch (error) {
    throw describeFileError(error, "create", place);
  }
}

/** Wipes the files of {@link editText} that processes have left that were killed. */
export function wipeLeftEdits(env: NodeJS.ProcessEnv): void {
  for (const place of [...foldersInMemory(env), tmpdir()]) wipeLeftIn(place);
}

function wipeLeftIn(place: string): void {
  try {
    for (const name of readdirSync(place)) {
      const [, pid] = FOLDER.exec(name) ?? [];
      if (
        pid !== undefined &&
        lifeHere({ pid: Number(pid), started: "" }) === "dead" &&
        isOurs(join(place, name))
      )
        wipeFolder(join(place, name));
    }
  } catch {
    // a folder of another user, or none any more
  }
}

/** Whether it is a folder of this user, and no link: everybody may write where it lies. */
function isOurs(folder: string): boolean {
  const found = lstatSync(folder);
  return found.isDirectory() && (process.getuid === undefined || found.uid === process.getuid());
}

/** Overwrites and removes all files of a folder: editors leave copies beside the file. */
function wipeFolder(folder: string): void {
  try {
    for (const name of readdirSync(folder)) wipeFile(join(folder, name));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function wipeFile(path: string): void {
  try {
    const found = lstatSync(path);
    // what a link leads to is not ours to wipe
    if (!found.isFile()) return;
    writeFileSync(path, Buffer.alloc(found.size), { flag: "r+" });
    truncateSync(path);
  } catch {
    // it has gone meanwhile
  }
}
