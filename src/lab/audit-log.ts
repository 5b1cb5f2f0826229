import { randomBytes } from "node:crypto";
import {
  appendFileSync,
  closeSync,
  constants,
  fstatSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
} from "node:fs";
import { join } from "node:path";
import { describeFileError } from "#base/file-error.ts";
import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { makeFolders } from "#base/make-folders.ts";
import { type OpenFile, openRegular } from "#base/open-regular.ts";
import { namesIn } from "#vault/cells/folder-error.ts";

/** The most events that can be read at once: some 20 MiB. */
export const MOST_EVENTS = 100_000;

/** From this size on, in bytes, a log is set aside and a new one begun. */
export const LOG_BYTES = 16 * 1024 * 1024;

/** How much is kept of logs that were set aside, in bytes: some 200,000 events, the newest. */
const KEPT_BYTES = 2.5 * LOG_BYTES;

/** How much is read at a time, from the end of the log backwards, in bytes. */
const PART_BYTES = 1024 * 1024;

const NEWLINE = "\n".charCodeAt(0);

/** A log that was set aside, by when: names sort by time. */
const ASIDE = /^log-\d{15}-[0-9a-f]{16}\.jsonl$/;

/** An event at the lab: user, token and outcome. Never contains a secret, passcode, code or PIN. */
export interface AuditEvent {
  /** Stable, in kebab case: `login`, `push-answer`, `dskpp-finished` ... */
  readonly event: string;
  readonly outcome: "ok" | "refused";
  readonly user: string | null;
  readonly serial: string | null;
  /** One line for people: the reason for a refusal, or the subject. */
  readonly detail: string | null;
}

/** An event with its time, ISO 8601 in UTC. */
export type AuditEntry = { readonly time: string } & AuditEvent;

/**
 * Appends an event to the log: a line of JSON in a file of mode 0600, written atomically with
 * respect to other processes. A log that has become long is set aside, and the oldest are removed.
 */
export function appendEvent(folder: string, event: AuditEvent, now: Date): void {
  const path = logFile(folder);
  const entry: AuditEntry = {
    time: now.toISOString(),
    ...event,
    detail: event.detail?.slice(0, 300) ?? null,
  };
  try {
    makeFolders(folder, 0o700);
    const { file } = openLog(path, constants.O_RDWR | constants.O_APPEND | constants.O_CREAT);
    let size: number;
    try {
      const { size: before } = fstatSync(file);
      // the event after a line that was torn by a power cut must not become a part of it
      const gap = isTorn(file, before) ? "\n" : "";
      const line = Buffer.from(`${gap}${JSON.stringify(entry)}\n`);
      appendFileSync(file, line);
      size = before + line.length;
    } finally {
      closeSync(file);
    }
    if (size >= LOG_BYTES) setAside(folder, now);
  } catch (error) {
    throw describeFileError(error, "write", path);
  }
}

function isTorn(file: number, size: number): boolean {
  if (size === 0) return false;
  const last = Buffer.alloc(1);
  return readSync(file, last, 0, 1, size - 1) === 1 && last[0] !== NEWLINE;
}

/**
 * Renames the log, and removes logs that were set aside long ago. When two processes do it at the
 * same time, the second one sets a short log aside, which is one more file and loses nothing.
 */
function setAside(folder: string, now: Date): void {
  const path = logFile(folder);
  try {
    // another process may have done it meanwhile
    if (statSync(path).size < LOG_BYTES) return;
    const time = String(Math.max(0, now.getTime())).padStart(15, "0");
    renameSync(path, join(folder, `log-${time}-${randomBytes(8).toString("hex")}.jsonl`));
    let kept = 0;
    for (const aside of logsAside(folder)) {
      kept += statSync(aside).size;
      if (kept > KEPT_BYTES) rmSync(aside, { force: true });
    }
  } catch {
    // it is tried again at the next event: Windows renames no file that somebody has open
  }
}

/** The paths of the logs that were set aside, the newest first. */
function logsAside(folder: string): string[] {
  const names = namesIn(folder).filter((name) => ASIDE.test(name));
  return names
    .sort()
    .reverse()
    .map((name) => join(folder, name));
}

/**
 * The newest `count` events (at most {@link MOST_EVENTS}), the oldest first. Damaged lines are
 * skipped.
 */
export function readEvents(folder: string, count: number): AuditEntry[] {
  const newestFirst: AuditEntry[] = [];
  for (const line of newestLines(folder)) {
    const entry = parseEntry(line);
    if (entry && newestFirst.push(entry) === Math.min(count, MOST_EVENTS)) break;
  }
  return newestFirst.reverse();
}

/** The lines of all logs, the newest first. */
function* newestLines(folder: string): Generator<string> {
  // the current log may be one of those that were set aside once it was read
  const read = new Set<string>();
  yield* linesFromEnd(logFile(folder), read);
  for (const path of logsAside(folder)) yield* linesFromEnd(path, read);
}

function logFile(folder: string): string {
  return join(folder, "log.jsonl");
}

/**
 * The lines of a file, the last one first; none where there is no file, or one of those that were
 * read before. Adds it to them.
 */
function* linesFromEnd(path: string, before: Set<string>): Generator<string> {
  let opened: OpenFile | null = null;
  try {
    opened = openLog(path, constants.O_RDONLY);
    const { file, stats } = opened;
    const identity = `${stats.dev} ${stats.ino}`;
    if (before.has(identity)) return;
    before.add(identity);
    // the beginning of a line whose end was read already, in parts from its end
    let ends: Buffer[] = [];
    for (let end = stats.size; end > 0; ) {
      const part = Buffer.alloc(Math.min(end, PART_BYTES));
      end -= part.length;
      const read = part.subarray(0, readSync(file, part, 0, part.length, end));
      const first = read.indexOf(NEWLINE);
      if (first < 0) {
        ends = [read, ...ends];
        continue;
      }
      const whole = Buffer.concat([read.subarray(first + 1), ...ends]);
      yield* whole.toString("utf8").split("\n").reverse();
      ends = [read.subarray(0, first)];
    }
    yield Buffer.concat(ends).toString("utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return;
    throw describeFileError(error, "read", path);
  } finally {
    if (opened) closeSync(opened.file);
  }
}

function openLog(path: string, flags: number): OpenFile {
  const opened = openRegular(path, flags);
  if (opened) return opened;
  throw new FobError("invalid", t`${path} is not a file`);
}

function parseEntry(line: string): AuditEntry | null {
  try {
    const entry: AuditEntry = JSON.parse(line);
    return typeof entry.time === "string" ? entry : null;
  } catch {
    // the first line may be incomplete, the last may be damaged by a power cut
    return null;
  }
}
