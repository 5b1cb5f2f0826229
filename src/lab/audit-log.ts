import { appendFileSync, closeSync, constants, mkdirSync, readSync } from "node:fs";
import { join } from "node:path";
import { describeFileError } from "#base/file-error.ts";
import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { type OpenFile, openRegular } from "#base/open-regular.ts";

/** The most events that can be read at once: some 20 MiB. */
export const MOST_EVENTS = 100_000;

/** How much is read at a time, from the end of the log backwards, in bytes. */
const PART_BYTES = 1024 * 1024;

const NEWLINE = "\n".charCodeAt(0);

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
 * respect to other processes.
 */
export function appendEvent(folder: string, event: AuditEvent, now: Date): void {
  const path = logFile(folder);
  const entry: AuditEntry = {
    time: now.toISOString(),
    ...event,
    detail: event.detail?.slice(0, 300) ?? null,
  };
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    const { file } = openLog(path, constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT);
    try {
      appendFileSync(file, `${JSON.stringify(entry)}\n`);
    } finally {
      closeSync(file);
    }
  } catch (error) {
    throw describeFileError(error, "write", path);
  }
}

/**
 * The newest `count` events (at most {@link MOST_EVENTS}), the oldest first. Damaged lines are
 * skipped.
 */
export function readEvents(folder: string, count: number): AuditEntry[] {
  const newestFirst: AuditEntry[] = [];
  for (const line of linesFromEnd(logFile(folder))) {
    const entry = parseEntry(line);
    if (entry && newestFirst.push(entry) === Math.min(count, MOST_EVENTS)) break;
  }
  return newestFirst.reverse();
}

function logFile(folder: string): string {
  return join(folder, "log.jsonl");
}

/** The lines of a file, the last one first; none where there is no file. */
function* linesFromEnd(path: string): Generator<string> {
  let opened: OpenFile | null = null;
  try {
    opened = openLog(path, constants.O_RDONLY);
    const { file, stats } = opened;
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
