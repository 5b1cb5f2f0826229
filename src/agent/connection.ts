import { createConnection, type Socket } from "node:net";
import { FobError } from "../fob-error.ts";
import { t } from "../language.ts";

/** A request may have to stretch a PIN, and wait for others that do. */
const MAX_MILLISECONDS = 20_000;

/** The longest reply, a list of a very large vault, is far shorter. In UTF-16 units. */
const MAX_REPLY = 64 * 1024 * 1024;

/** How often, and after how many milliseconds each time, a client knocks again at an agent that has too many waiting already. */
const KNOCKS = { most: 100, pause: 20 };

/** A line to an agent, and the line it answers. Requests are answered in their order. */
export interface Connection {
  /** Sends a line. Rejects with FobError `unavailable` when the agent goes away or does not answer in `patience` milliseconds. */
  ask(line: string, patience?: number): Promise<string>;
  /** Resolves when the other side has ended, or this one. */
  readonly ended: Promise<void>;
  end(): void;
}

/** A connection to the agent that listens at `path`, or null when none does. */
export async function connect(path: string): Promise<Connection | null> {
  const socket = await open(path);
  if (!socket) return null;
  const waiting: { resolve(line: string): void; reject(error: Error): void }[] = [];
  let received = "";
  const fail = (message: string) => {
    const error = new FobError("unavailable", message, {
      hint: t("`fob lock` ends the agent, `fob unlock` starts one"),
    });
    for (const { reject } of waiting.splice(0)) reject(error);
    socket.destroy();
  };
  const ended = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  socket.setEncoding("utf8");
  socket.on("data", (text: string) => {
    const lines = (received + text).split("\n");
    received = lines.pop() ?? "";
    if (received.length > MAX_REPLY) return fail(t("the agent gave an answer that makes no sense"));
    for (const line of lines) waiting.shift()?.resolve(line);
    if (waiting.length > 0) return;
    socket.setTimeout(0);
    // an idle connection keeps no program running
    socket.unref();
  });
  socket.on("timeout", () => fail(t("the agent does not answer")));
  socket.on("close", () => fail(t("the agent has gone")));
  socket.on("error", () => fail(t("the agent has gone")));
  return {
    ended,
    ask: (line, patience = MAX_MILLISECONDS) =>
      new Promise((resolve, reject) => {
        waiting.push({ resolve, reject });
        socket.ref();
        socket.setTimeout(patience);
        socket.write(`${line}\n`);
        if (socket.destroyed) fail(t("the agent has gone"));
      }),
    end: () => socket.destroy(),
  };
}

async function open(path: string): Promise<Socket | null> {
  for (let knocks = 1; ; knocks++) {
    const socket = await knock(path);
    if (socket !== "crowded") return socket;
    if (knocks === KNOCKS.most) return null;
    await new Promise((resolve) => setTimeout(resolve, KNOCKS.pause));
  }
}

function knock(path: string): Promise<Socket | "crowded" | null> {
  return new Promise((resolve) => {
    const socket = createConnection(path);
    socket.once("error", ({ code }: NodeJS.ErrnoException) => resolve(code === "EAGAIN" ? "crowded" : null));
    socket.once("connect", () => {
      socket.removeAllListeners("error");
      resolve(socket);
    });
  });
}
