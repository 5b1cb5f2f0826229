import type { Readable, Writable } from "node:stream";
import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import type { Secret } from "#token/secret.ts";

/** What a server answers: data with `OK`, or the number of an error (libgpg-error) and its text. */
export type AssuanReply =
  | { readonly isOk: true; readonly data: Secret }
  | { readonly isOk: false; readonly number: number; readonly text: string };

/** The longest line of the protocol without its end, in bytes (Assuan manual, Implementation). */
const MAX_LINE = 1_000;

/** The most bytes of one reply. */
const MAX_REPLY = 16 * 1024;

const NEWLINE = 0x0a;

/** Settles the promise of a reply. */
interface Waiting {
  resolve(reply: AssuanReply): void;
  reject(failure: FobError): void;
}

/** The two pipes of a server. */
export interface AssuanPipes {
  readonly stdin: Writable;
  readonly stdout: Readable;
}

/**
 * The client's side of the Assuan protocol: one line is sent, and one reply awaited. Whatever is no
 * reply, comes unasked or is too long ends it: every call rejects with FobError `unavailable` then.
 */
export class AssuanClient {
  readonly #pipes: AssuanPipes;
  #received: Buffer[] = [];
  #size = 0;
  #data: Buffer[] = [];
  #waiting: Waiting | null = null;
  #failure: FobError | null = null;
  readonly #greeting: Promise<AssuanReply>;

  constructor(pipes: AssuanPipes) {
    this.#pipes = pipes;
    this.#greeting = this.#next();
    // whoever waits for the greeting hears of a failure
    this.#greeting.catch(() => undefined);
    pipes.stdin.on("error", () => this.fail(t("pinentry ended before it answered")));
    pipes.stdout.on("data", (bytes: Buffer) => this.#take(bytes));
    pipes.stdout.on("error", () => this.fail(t("pinentry ended before it answered")));
    pipes.stdout.on("close", () => this.fail(t("pinentry ended before it answered")));
  }

  /** The reply with which the server begins. */
  greeting(): Promise<AssuanReply> {
    return this.#greeting;
  }

  /** Sends a line, and resolves with the reply to it. */
  ask(line: string): Promise<AssuanReply> {
    if (this.#failure) return Promise.reject(this.#failure);
    if (this.#waiting || this.#size > 0) {
      this.fail(t("pinentry does not keep to its protocol"));
      return Promise.reject(this.#failure);
    }
    const reply = this.#next();
    this.#pipes.stdin.write(`${line}\n`);
    return reply;
  }

  /** Rejects what is awaited, and everything that is asked later. */
  fail(message: string): void {
    const failure = this.#failure ?? new FobError("unavailable", message);
    this.#failure = failure;
    this.#forget();
    const waiting = this.#waiting;
    this.#waiting = null;
    waiting?.reject(failure);
  }

  #next(): Promise<AssuanReply> {
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
    });
  }

  #take(bytes: Buffer): void {
    if (this.#failure) return;
    this.#received.push(bytes);
    this.#size += bytes.length;
    if (this.#size > MAX_REPLY) this.fail(t("pinentry answers more than any PIN"));
    else if (bytes.includes(NEWLINE)) this.#readLines();
  }

  #readLines(): void {
    const whole = Buffer.concat(this.#received);
    for (const piece of this.#received) piece.fill(0);
    this.#received = [];
    let start = 0;
    for (let end = whole.indexOf(NEWLINE); end >= 0; end = whole.indexOf(NEWLINE, start)) {
      this.#hear(readLine(whole.subarray(start, end)));
      start = end + 1;
    }
    if (!this.#failure && start < whole.length)
      this.#received.push(Buffer.from(whole.subarray(start)));
    this.#size = whole.length - start;
    whole.fill(0);
  }

  #hear(line: AssuanLine): void {
    const waiting = this.#waiting;
    if (this.#failure || line === "remark") return;
    if (line === "strange" || !waiting) {
      this.fail(t("pinentry does not keep to its protocol"));
    } else if (Buffer.isBuffer(line)) {
      this.#data.push(line);
    } else {
      this.#waiting = null;
      const data = Buffer.concat(this.#data);
      this.#forgetData();
      waiting.resolve(line === "ok" ? { isOk: true, data } : line);
    }
  }

  #forget(): void {
    for (const piece of this.#received) piece.fill(0);
    this.#received = [];
    this.#size = 0;
    this.#forgetData();
  }

  #forgetData(): void {
    for (const piece of this.#data) piece.fill(0);
    this.#data = [];
  }
}

/** What a line is: data, the end of a reply, a remark to be passed over, or no line of a server. */
type AssuanLine = Buffer | "ok" | Extract<AssuanReply, { isOk: false }> | "remark" | "strange";

function readLine(line: Buffer): AssuanLine {
  if (line.length > MAX_LINE) return "strange";
  if (line.toString("latin1", 0, 2) === "D ") return decodePercents(line.subarray(2));
  const text = line.toString("utf8");
  if (/^(?:#|S )/.test(text)) return "remark";
  if (/^OK(?: |$)/.test(text)) return "ok";
  const error = /^ERR (\d{1,10})(?: (.*))?$/.exec(text);
  if (!error) return "strange";
  return { isOk: false, number: Number(error[1]), text: error[2] ?? "" };
}

/**
 * A text for a line of the protocol, with percent signs for what would end or change it, cut at a
 * whole character so that `command` and it fit into a line.
 */
export function assuanLine(command: string, text: string): string {
  let line = `${command} `;
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    const encoded = segment.replace(/[%\r\n]/g, (sign) => ENCODED.get(sign) ?? "");
    if (Buffer.byteLength(line + encoded) > MAX_LINE - ELLIPSIS.length) return line + ELLIPSIS;
    line += encoded;
  }
  return line;
}

const ELLIPSIS = "...";

const ENCODED: ReadonlyMap<string, string> = new Map([
  ["%", "%25"],
  ["\r", "%0D"],
  ["\n", "%0A"],
]);

function decodePercents(bytes: Buffer): Buffer {
  const decoded = Buffer.alloc(bytes.length);
  let length = 0;
  for (let i = 0; i < bytes.length; i++) {
    const digits = bytes[i] === 0x25 ? bytes.toString("latin1", i + 1, i + 3) : "";
    const isEncoded = /^[0-9a-fA-F]{2}$/.test(digits);
    decoded[length++] = isEncoded ? Number.parseInt(digits, 16) : (bytes[i] ?? 0);
    if (isEncoded) i += 2;
  }
  return decoded.subarray(0, length);
}
