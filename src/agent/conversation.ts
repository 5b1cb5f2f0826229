import type { Socket } from "node:net";
import { setImmediate as nextTurn } from "node:timers/promises";
import { MAX_LINE } from "./protocol.ts";

/** How many lines of one client are answered before the others have their turn. */
const LINES_A_TURN = 32;

/** What is said to a line: known at once, or in time. */
export type Answer = (line: string) => string | Promise<string>;

const TOO_LONG = "error usage the line is too long";

/**
 * Answers a client's lines in their order, until it ends. What it may make us keep is bounded: after one line that is too long it is sent
 * away, and while it does not read its replies nothing more is read from it.
 */
export function converse(socket: Socket, answer: Answer): void {
  let pending = "";
  let isWorking = false;
  let hasEnded = false;

  const work = async () => {
    isWorking = true;
    while (!socket.destroyed && pending.includes("\n")) {
      const text = pending;
      pending = "";
      const rest = await answerLines(socket, text, answer);
      pending = rest + pending;
    }
    isWorking = false;
    if (pending.length > MAX_LINE) sendAway(socket);
    else if (hasEnded) await close(socket, pending, answer);
    else if (socket.isPaused()) socket.resume();
  };

  socket.setEncoding("utf8");
  // clients come and go as they like
  socket.on("error", () => socket.destroy());
  socket.on("data", (text: string) => {
    pending += text;
    if (isWorking) socket.pause();
    else void work();
  });
  socket.on("end", () => {
    hasEnded = true;
    if (!isWorking) void work();
  });
}

/** Answers the complete lines of `text` and returns the rest. */
async function answerLines(socket: Socket, text: string, answer: Answer): Promise<string> {
  let start = 0;
  while (!socket.destroyed) {
    let replies = "";
    for (let count = 0; count < LINES_A_TURN; count++) {
      const end = text.indexOf("\n", start);
      if (end < 0) break;
      const line = text.slice(start, end);
      start = end + 1;
      const reply = replyTo(line, answer);
      // waiting for what is there already would halve the number of answers a second
      replies += `${typeof reply === "string" ? reply : await reply}\n`;
    }
    if (replies !== "" && !socket.write(replies)) await drained(socket);
    if (text.indexOf("\n", start) < 0) return text.slice(start);
    await nextTurn();
  }
  return "";
}

function replyTo(line: string, answer: Answer): string | Promise<string> {
  return line.length > MAX_LINE ? TOO_LONG : answer(line);
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

/** The last line may lack its end. */
async function close(socket: Socket, lastLine: string, answer: Answer): Promise<void> {
  const reply = lastLine === "" ? "" : `${await answer(lastLine)}\n`;
  if (!socket.destroyed) socket.end(reply);
}

function sendAway(socket: Socket): void {
  socket.pause();
  socket.end(`${TOO_LONG}\n`);
  socket.destroySoon();
}
