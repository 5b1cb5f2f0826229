import { createConnection, type Socket } from "node:net";
import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";

/** A request may have to stretch a PIN, and wait for others that do. */
const MAX_MILLISECONDS = 20_000;

/** The longest reply, a list of a very large vault, is far shorter. In UTF-16 units. */
const MAX_REPLY = 64 * 1024 * 1024;

/**
 * How often, and after how many milliseconds each time, a client knocks again at an agent that has
 * too many waiting already.
 */
const KNOCKS = { most: 100, pause: 20 };

/**
 * Lines to an agent, and the lines it answers. JSON requests are answered as they are ready, the
 * others in their order.
 */
export interface Connection {
  /**
   * Sends a line. Rejects with FobError `unavailable` when the agent goes away, or does not answer
   * in `patience` milliseconds; then the connection goes on for other requests.
   */
  ask(line: string, patience?: number): Promise<string>;
  /** Whether the agent was still there when it was last heard of. */
  readonly isOpen: boolean;
  /** Resolves when the other side has ended, or this one. */
  readonly ended: Promise<void>;
  end(): void;
}

/** A question that waits for its answer. */
interface Waiting {
  answer(line: string): void;
  fail(message: string): void;
}

/** A connection to the agent that listens at `path`, or null when none does. */
export async function connect(path: string): Promise<Connection | null> {
  const socket = await open(path);
  if (!socket) return null;
  const tagged = new Map<string, Waiting>();
  const inOrder: Waiting[] = [];
  let asked = 0;
  let received = "";
  const fail = (message: string) => {
    for (const { fail } of [...inOrder.splice(0), ...tagged.values()]) fail(message);
    tagged.clear();
    socket.destroy();
  };
  const hear = (line: string) => {
    const tag = line.startsWith("#") ? line.slice(0, line.indexOf(" ") + 1) : null;
    if (tag === null) inOrder.shift()?.answer(line);
    else tagged.get(tag)?.answer(line.slice(tag.length));
    if (tag !== null) tagged.delete(tag);
    // an idle connection keeps no program running
    if (inOrder.length === 0 && tagged.size === 0) socket.unref();
  };
  const ended = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  socket.setEncoding("utf8");
  socket.on("data", (text: string) => {
    const lines = (received + text).split("\n");
    received = lines.pop() ?? "";
    if (received.length > MAX_REPLY) return fail(t("the agent gave an answer that makes no sense"));
    for (const line of lines) hear(line);
  });
  socket.on("close", () => fail(t("the agent has gone")));
  socket.on("error", () => fail(t("the agent has gone")));
  return {
    ended,
    get isOpen() {
      return !socket.destroyed;
    },
    ask: (line, patience = MAX_MILLISECONDS) =>
      new Promise((resolve, reject) => {
        const waiting = patiently(patience, { resolve, reject });
        const tag = line.startsWith("{") ? `#${++asked} ` : "";
        if (tag === "") inOrder.push(waiting);
        else tagged.set(tag, waiting);
        socket.ref();
        socket.write(`${tag}${line}\n`);
        if (socket.destroyed) fail(t("the agent has gone"));
      }),
    end: () => socket.destroy(),
  };
}

/** A question that is given up after a time; an answer that comes later is heard by nobody. */
function patiently(
  patience: number,
  { resolve, reject }: { resolve(line: string): void; reject(error: FobError): void },
): Waiting {
  const fail = (message: string) => {
    clearTimeout(timer);
    reject(
      new FobError("unavailable", message, {
        hint: t("`fob lock` ends the agent, `fob unlock` starts one"),
      }),
    );
  };
  const timer = setTimeout(() => fail(t("the agent does not answer")), patience);
  return {
    fail,
    answer(line) {
      clearTimeout(timer);
      resolve(line);
    },
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
    socket.once("error", ({ code }: NodeJS.ErrnoException) =>
      resolve(code === "EAGAIN" ? "crowded" : null),
    );
    socket.once("connect", () => {
      socket.removeAllListeners("error");
      resolve(socket);
    });
  });
}
