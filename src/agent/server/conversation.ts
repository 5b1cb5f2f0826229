import type { Socket } from "node:net";
import { setImmediate as nextTurn } from "node:timers/promises";
import { MAX_LINE } from "#agent/protocol/protocol.ts";

/** How many lines of one client are answered before those of other clients. */
const LINES_A_TURN = 32;

/** How many tagged lines may be in progress; up to that number the next lines are read. */
const MAX_UNDER_WAY = 32;

/** The answer to a line, at once or as a promise. */
export type Answer = (line: string) => string | Promise<string>;

/** How one client is served. */
export interface ClientHandler {
  readonly answer: Answer;
  /** Called when the client disconnects or ends its side; possibly twice. */
  leave(): void;
  /** Called when the client has disconnected: nobody reads an answer any more. */
  disconnect?(): void;
}

const TOO_LONG = "error usage the line is too long";

/**
 * Answers a client's lines until it disconnects: lines with a tag (`#TAG `) as soon as their answer
 * is ready, the others in order. Memory per client is bounded: a client that sends a line that is
 * too long is disconnected, and while a client does not read its replies, its lines are not read.
 */
export function converse(socket: Socket, { answer, leave, disconnect }: ClientHandler): void {
  const replies = new Replies(socket, answer);
  let pending = "";
  let isWorking = false;
  let hasEnded = false;

  const work = async () => {
    isWorking = true;
    while (!socket.destroyed && pending.includes("\n")) {
      const text = pending;
      pending = "";
      const rest = await answerLines(socket, text, replies);
      pending = rest + pending;
    }
    isWorking = false;
    if (pending.length > MAX_LINE) sendAway(socket);
    else if (hasEnded) await replies.end(pending);
    else if (socket.isPaused()) socket.resume();
  };

  socket.setEncoding("utf8");
  // clients may disconnect at any time
  socket.on("error", () => socket.destroy());
  socket.on("data", (text: string) => {
    pending += text;
    if (isWorking) socket.pause();
    else void work();
  });
  socket.on("close", () => {
    leave();
    disconnect?.();
  });
  socket.on("end", () => {
    hasEnded = true;
    leave();
    if (disconnect) watchForEnd(socket);
    if (!isWorking) void work();
  });
}

/** How often a client that has ended its side is looked at, in milliseconds. */
const WATCH_MS = 500;

const NOTHING = Buffer.alloc(0);

/**
 * Destroys a socket whose client has ended its side, and then disconnected: nothing tells that but
 * writing, and writing nothing is no answer.
 */
function watchForEnd(socket: Socket): void {
  const watch = setInterval(() => {
    if (!socket.writableEnded) socket.write(NOTHING);
  }, WATCH_MS);
  socket.once("close", () => clearInterval(watch));
}

/** Answers the complete lines of `text` and returns the rest. */
async function answerLines(socket: Socket, text: string, replies: Replies): Promise<string> {
  let start = 0;
  while (!socket.destroyed) {
    for (let count = 0; count < LINES_A_TURN; count++) {
      const end = text.indexOf("\n", start);
      if (end < 0) break;
      const waiting = replies.answer(text.slice(start, end));
      start = end + 1;
      // awaiting an answer that is ready would halve the number of answers per second
      if (waiting) await waiting;
    }
    await replies.flush();
    if (text.indexOf("\n", start) < 0) return text.slice(start);
    await nextTurn();
  }
  return "";
}

/**
 * The replies to one client: collected to be sent together, but not delayed by a reply that is not
 * ready.
 */
class Replies {
  readonly #socket: Socket;
  readonly #answer: Answer;
  /** The unfinished answers to lines with a tag. */
  readonly #underWay = new Set<Promise<void>>();
  #gathered = "";

  constructor(socket: Socket, answer: Answer) {
    this.#socket = socket;
    this.#answer = answer;
  }

  /** Answers a line; returns a promise to await before the next line, or null. */
  answer(line: string): Promise<void> | null {
    const reply = line.length > MAX_LINE ? TOO_LONG : this.#answer(line);
    if (typeof reply === "string") {
      this.#gathered += `${reply}\n`;
      return null;
    }
    if (!line.startsWith("#")) return this.#inTurn(reply);
    const sent = reply.then((text) => {
      this.#underWay.delete(sent);
      this.#gathered += `${text}\n`;
      return this.flush();
    });
    this.#underWay.add(sent);
    return this.#underWay.size < MAX_UNDER_WAY ? null : Promise.race(this.#underWay);
  }

  /** Sends the collected replies; waits while the client does not read. */
  async flush(): Promise<void> {
    const text = this.#gathered;
    this.#gathered = "";
    if (text !== "" && !this.#socket.destroyed) this.#socket.write(text);
    if (this.#socket.writableNeedDrain && !this.#socket.destroyed) await drained(this.#socket);
  }

  /** Answers the last line, which may lack its newline, waits for unfinished answers, and ends. */
  async end(lastLine: string): Promise<void> {
    if (lastLine !== "") await this.answer(lastLine);
    await Promise.all(this.#underWay);
    await this.flush();
    if (!this.#socket.destroyed) this.#socket.end();
  }

  async #inTurn(reply: Promise<string>): Promise<void> {
    // send what is ready before waiting
    await this.flush();
    this.#gathered += `${await reply}\n`;
  }
}

function drained(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      socket.off("drain", done);
      socket.off("close", done);
      resolve();
    };
    socket.on("drain", done);
    socket.on("close", done);
  });
}

function sendAway(socket: Socket): void {
  socket.pause();
  socket.end(`${TOO_LONG}\n`);
  socket.destroySoon();
}
