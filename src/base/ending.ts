import { constants } from "node:os";

/** Work to do when the process is asked to end. A promise is awaited. */
type Undo = () => void | Promise<void>;

/**
 * The signals that ask a process to end, without SIGINT: the entry of the program handles it, so
 * that Ctrl-C has its exit code from the start.
 */
export const ENDING_SIGNALS = ["SIGTERM", "SIGHUP", "SIGQUIT"] as const;

/**
 * The other signals whose default effect is the end of a process, as far as this system has them
 * and a listener can be called: after a fault of the program itself (SIGSEGV, SIGBUS, SIGFPE,
 * SIGILL) it cannot. Node opens its debugger at SIGUSR1 where nobody listens.
 */
export const OTHER_ENDING_SIGNALS: readonly NodeJS.Signals[] = (
  [
    "SIGABRT",
    "SIGALRM",
    "SIGIO",
    "SIGIOT",
    "SIGPWR",
    "SIGSTKFLT",
    "SIGSYS",
    "SIGTRAP",
    "SIGUSR1",
    "SIGUSR2",
    "SIGVTALRM",
    "SIGXCPU",
    "SIGXFSZ",
  ] as const
).filter((signal) => process.platform !== "win32" && signal in constants.signals);

const undos = new Set<{ readonly undo: Undo }>();

/**
 * Calls `undo` when the process is asked to end before the returned function is called: by SIGINT,
 * SIGTERM, SIGHUP or SIGQUIT, or by `process.exit`, which waits for no promise.
 *
 * Node delivers signals between two turns of the event loop, so long work must yield to it. The
 * process ends when all registered functions have been called, the newest first. A second signal
 * ends the process at once, so files must be consistent at every moment of `undo`. A signal that
 * has another listener belongs to that listener: nothing is undone until it calls `process.exit` or
 * {@link endBy}.
 *
 *     const done = whenEnding(() => takeBack());
 *     try {
 *       await work();
 *     } finally {
 *       done();
 *     }
 */
export function whenEnding(undo: Undo): () => void {
  const entry = { undo };
  if (undos.size === 0) listen();
  undos.add(entry);
  return () => {
    if (undos.delete(entry) && undos.size === 0) stopListening();
  };
}

/**
 * Calls `undo` at any signal that ends a process, and ends it, although a library begins to listen
 * to signals before the returned function is called; and when the process ends otherwise. Whoever
 * listened to a signal before is the one who ends the process.
 */
export function whenSignalled(undo: () => void): () => void {
  const signals = ["SIGINT" as const, ...ENDING_SIGNALS, ...OTHER_ENDING_SIGNALS];
  const listeners = signals.map((signal) => {
    const isOwned = !isUnowned(signal);
    const end = () => {
      stop();
      undo();
      if (!isOwned) void endBy(signal);
    };
    return [signal, end] as const;
  });
  const stop = () => {
    for (const [signal, end] of listeners) process.off(signal, end);
    process.off("exit", undo);
  };
  process.prependListener("exit", undo);
  // before the others, because one that ends the process would leave no time
  for (const [signal, end] of listeners) process.prependListener(signal, end);
  return stop;
}

/**
 * Undoes what {@link whenEnding} was told and ends the process as `signal` asks: with exit code 130
 * for SIGINT, else by the signal itself.
 */
export async function endBy(signal: NodeJS.Signals): Promise<void> {
  await undoAll();
  if (signal !== "SIGINT" && process.platform !== "win32") {
    // whoever still listens, by this name or another of the same signal, would keep it running
    const { [signal]: number } = constants.signals;
    for (const [name, other] of Object.entries(constants.signals)) {
      if (other === number) process.removeAllListeners(name);
    }
    process.kill(process.pid, signal);
  } else process.exit(128 + constants.signals[signal]);
}

async function undoAll(): Promise<void> {
  const entries = [...undos].reverse();
  undos.clear();
  // the next signal has its default effect and ends the process
  stopListening();
  // one function that fails must not prevent the others
  await Promise.allSettled(entries.map(async ({ undo }) => undo()));
}

function listen(): void {
  for (const signal of ENDING_SIGNALS) process.on(signal, endUnlessOwned);
  process.on("exit", undoAtExit);
}

function stopListening(): void {
  for (const signal of ENDING_SIGNALS) process.off(signal, endUnlessOwned);
  process.off("exit", undoAtExit);
}

function endUnlessOwned(signal: (typeof ENDING_SIGNALS)[number]): void {
  if (isUnowned(signal)) void endBy(signal);
}

function isUnowned(signal: NodeJS.Signals): boolean {
  return process.listeners(signal).every((listener) => listener === endUnlessOwned);
}

function undoAtExit(): void {
  void undoAll();
}
