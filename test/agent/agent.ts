import { createConnection, type Socket } from "node:net";

/** A client of an agent's socket, as a script would write it. */
export interface Client {
  readonly socket: Socket;
  ask(line: string): Promise<string>;
}

/** Connects to an agent. */
export function connectTo(path: string): Promise<Client> {
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
