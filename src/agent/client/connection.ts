import { createConnection, type Socket } from "node:net";
import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { receivedLines } from "./received-lines.ts";

/**
 * How long an agent may be silent while a request waits, in milliseconds. One answer may take
 * longer, because it may stretch a PIN after those of other clients.
 */
const MAX_SILENCE = 20_000;

/** Far more than the list of a very large vault, in UTF-16 units. */
const MAX_REPLY = 64 * 1024 * 1024;

/**
 * How many times a client connects again if the agent's connection queue is full, and the pause
 * between, in milliseconds.
 */
const RETRIES = { most: 100, pause: 20 };

/**
 * Sends lines to an agent and receives its answers. JSON requests are answered as they are ready,
 * other requests in order.
 */
export interface Connection {
  /**
   * Sends a line. Rejects with FobError `unavailable` when the agent ends, or is silent for
   * `patience` milliseconds; in the latter case the connection stays usable.
   */
  ask(line: string, patience?: number): Promise<string>;
  /** Whether neither side has ended the connection. */
  readonly isOpen: boolean;
  /** Resolves when either side has ended the connection. */
  readonly ended: Promise<void>;
  end(): void;
}

/** A question that waits for its answer. */
interface Waiting {
  answer(line: string): void;
  fail(message: string): void;
  /** Called whenever the agent sends anything: restarts the time limit. */
  hope(): void;
}

/** A connection to the agent that listens at `path`, or null when none does. */
export async function connect(path: string): Promise<Connection | null> {
  const socket = await open(path);
  if (!socket) return null;
  const tagged = new Map<string, Waiting>();
  const inOrder: Waiting[] = [];
  let asked = 0;
  const take = receivedLines(MAX_REPLY);
  const fail = (message: string) => {
    for (const { fail } of waiting()) fail(message);
    inOrder.length = 0;
    tagged.clear();
    socket.destroy();
  };
  const waiting = () => [...inOrder, ...tagged.values()];
  const hear = (line: string) => {
    const tag = line.startsWith("#") ? line.slice(0, line.indexOf(" ") + 1) : null;
    if (tag === null) inOrder.shift()?.answer(line);
    else tagged.get(tag)?.answer(line.slice(tag.length));
    if (tag !== null) tagged.delete(tag);
    // an idle connection must not keep the process running
    if (inOrder.length === 0 && tagged.size === 0) socket.unref();
  };
  const ended = new Promise<void>((resolve) => socket.once("close", () => resolve()));
  socket.setEncoding("utf8");
  socket.on("data", (text: string) => {
    const lines = take(text);
    if (lines === null) return fail(t("the agent gave an answer that makes no sense"));
    for (const line of lines) hear(line);
    for (const { hope } of waiting()) hope();
  });
  socket.on("close", () => fail(t("the agent has gone")));
  socket.on("error", () => fail(t("the agent has gone")));
  return {
    ended,
    get isOpen() {
      return !socket.destroyed;
    },
    ask: (line, patience = MAX_SILENCE) =>
      new Promise((resolve, reject) => {
        const one = patiently(patience, { resolve, reject });
        const tag = line.startsWith("{") ? `#${++asked} ` : "";
        if (tag === "") inOrder.push(one);
        else tagged.set(tag, one);
        socket.ref();
        socket.write(`${tag}${line}\n`);
        if (socket.destroyed) fail(t("the agent has gone"));
      }),
    end: () => socket.destroy(),
  };
}

/**
 * A request that fails when the agent is silent for `patience` milliseconds. A later answer is
 * ignored.
 */
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
    hope: () => void timer.refresh(),
    answer(line) {
      clearTimeout(timer);
      resolve(line);
    },
  };
}

async function open(path: string): Promise<Socket | null> {
  for (let tries = 1; ; tries++) {
    const socket = await openSocket(path);
    if (socket !== "crowded") return socket;
    if (tries === RETRIES.most) return null;
    await new Promise((resolve) => setTimeout(resolve, RETRIES.pause));
  }
}

function openSocket(path: string): Promise<Socket | "crowded" | null> {
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
