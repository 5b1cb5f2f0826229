import {
  appendFileSync,
  closeSync,
  constants,
  fstatSync,
  mkdirSync,
  openSync,
  readSync,
  type Stats,
  statSync,
} from "node:fs";
import { join } from "node:path";
import { describeFileError } from "#base/file-error.ts";
import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";

/** How much is read from the end of the log, where the newest events are. */
const MAX_READ_BYTES = 4 * 1024 * 1024;

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
    refuseOther(statSync(path, { throwIfNoEntry: false }), path);
    appendFileSync(path, `${JSON.stringify(entry)}\n`, { mode: 0o600 });
  } catch (error) {
    throw describeFileError(error, "write", path);
  }
}

/** The newest `count` events, the oldest first. Damaged lines are skipped. */
export function readEvents(folder: string, count: number): AuditEntry[] {
  const lines = readEnd(logFile(folder)).split("\n");
  return lines.flatMap((line) => parseEntry(line) ?? []).slice(-count);
}

function logFile(folder: string): string {
  return join(folder, "log.jsonl");
}

function readEnd(path: string): string {
  let file: number | null = null;
  try {
    // opening a pipe would wait for whoever writes to it
    file = openSync(path, constants.O_RDONLY | (constants.O_NONBLOCK ?? 0));
    const found = fstatSync(file);
    refuseOther(found, path);
    const { size } = found;
    const bytes = Buffer.alloc(Math.min(size, MAX_READ_BYTES));
    const length = readSync(file, bytes, 0, bytes.length, size - bytes.length);
    return bytes.toString("utf8", 0, length);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return "";
    throw describeFileError(error, "read", path);
  } finally {
    if (file !== null) closeSync(file);
  }
}

/** A pipe would be waited for. */
function refuseOther(found: Stats | undefined, path: string): void {
  if (found?.isFile() === false) throw new FobError("invalid", t`${path} is not a file`);
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
