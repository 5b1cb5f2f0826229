import { readFileSync } from "node:fs";
import { createConnection, type Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";

/** A client of an agent's socket, as a script would write it. */
export interface Client {
  readonly socket: Socket;
  ask(line: string): Promise<string>;
}

/**
 * How often a client knocks at an agent whose queue is full; how long that queue is, is the
 * system's to say.
 */
const MOST_KNOCKS = 500;

/** Connects to an agent, in a crowd as well. */
export async function connectTo(path: string): Promise<Client> {
  for (let knocks = 1; ; knocks++) {
    try {
      return await knock(path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN" || knocks === MOST_KNOCKS) throw error;
      await sleep(10);
    }
  }
}

function knock(path: string): Promise<Client> {
  const waiting: ((line: string) => void)[] = [];
  let received = "";
  return new Promise((resolve, reject) => {
    const socket = createConnection(path).setEncoding("utf8");
    socket.once("error", reject);
    socket.on("data", (text: string) => {
      const lines = (received + text).split("\n");
      received = lines.pop() ?? "";
      for (const line of lines) waiting.shift()?.(line);
    });
    socket.once("connect", () =>
      resolve({
        socket,
        ask: (line) =>
          new Promise((answered) => {
            waiting.push(answered);
            socket.write(`${line}\n`);
          }),
      }),
    );
  });
}

/** Whether a process has ended, though nobody may have asked about its end yet (Linux). */
export function hasEnded(pid: number): boolean {
  try {
    return /\) Z /.test(readFileSync(`/proc/${pid}/stat`, "latin1"));
  } catch {
    return true;
  }
}
