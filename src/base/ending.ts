/** Work to do when the process is asked to end. A promise is awaited. */
type Undo = () => void | Promise<void>;

/**
 * Without SIGINT: the entry of the program handles it, so that Ctrl-C has its exit code from the
 * start.
 */
const SIGNALS = ["SIGTERM", "SIGHUP"] as const;

/**
 * The POSIX numbers of the signals that ask a process to end. Shells report 128 plus the number.
 */
const NUMBERS = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const;

const undos = new Set<{ readonly undo: Undo }>();

/**
 * Calls `undo` when the process is asked to end before the returned function is called: by SIGINT,
 * SIGTERM or SIGHUP, or by `process.exit`, which does not await promises.
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
 * Calls the functions registered with {@link whenEnding}, then ends the process: with exit code 130
 * for SIGINT, else by the signal itself.
 */
export async function endBy(signal: keyof typeof NUMBERS): Promise<void> {
  await undoAll();
  if (signal !== "SIGINT" && process.platform !== "win32") process.kill(process.pid, signal);
  else process.exit(128 + NUMBERS[signal]);
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
  for (const signal of SIGNALS) process.on(signal, endUnlessOwned);
  process.on("exit", undoAtExit);
}

function stopListening(): void {
  for (const signal of SIGNALS) process.off(signal, endUnlessOwned);
  process.off("exit", undoAtExit);
}

function endUnlessOwned(signal: (typeof SIGNALS)[number]): void {
  if (process.listeners(signal).every((listener) => listener === endUnlessOwned))
    void endBy(signal);
}

function undoAtExit(): void {
  void undoAll();
}
