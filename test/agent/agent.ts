import { readFileSync } from "node:fs";
import { createConnection, type Socket } from "node:net";
import { eventually } from "../waiting.ts";

/** A client of an agent's socket, as a script would write it. */
export interface Client {
  readonly socket: Socket;
  ask(line: string): Promise<string>;
}

/**
 * Connects to an agent, in a crowd as well: its queue may be full, whose length is the system's.
 */
export function connectTo(path: string): Promise<Client> {
  return eventually(`a place in the queue at ${path}`, async () => {
    try {
      return await knock(path);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EAGAIN") throw error;
      return undefined;
    }
  });
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
