/** What is done when the process is asked to end. A promise is waited for. */
type Undo = () => void | Promise<void>;

/**
 * SIGINT is taken where the program begins, so that Ctrl-C has its exit code from the first moment.
 */
const SIGNALS = ["SIGTERM", "SIGHUP"] as const;

/** The signals that ask a process to end, by their numbers (POSIX), which shells add to 128. */
const NUMBERS = { SIGHUP: 1, SIGINT: 2, SIGTERM: 15 } as const;

const undos = new Set<{ readonly undo: Undo }>();

/**
 * Calls `undo` when the process is asked to end before the returned function is called: by SIGINT,
 * SIGTERM or SIGHUP, or by `process.exit`, which waits for no promise.
 *
 * Signals are seen between two turns of the event loop: long work must let it turn. The process
 * ends when everything is undone, the newest first. A second signal ends it at once, so that `undo`
 * must leave files that are whole at every moment. A signal that somebody else listens to is
 * theirs: nothing is undone until they call `process.exit` or {@link endBy}.
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
 * Undoes what {@link whenEnding} was told and ends the process as `signal` asks: with exit code 130
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
  // from here on the next signal has the system's own effect
  stopListening();
  // one that fails must not keep the others from being called
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
