/** Work to do when the process is asked to end. A promise is awaited. */
type Undo = () => void | Promise<void>;

/**
 * The signals that ask a process to end, without SIGINT: the entry of the program handles it, so
 * that Ctrl-C has its exit code from the start.
 */
export const ENDING_SIGNALS = ["SIGTERM", "SIGHUP", "SIGQUIT"] as const;

/** The numbers of {@link ENDING_SIGNALS} and SIGINT (POSIX), which shells add to 128. */
const NUMBERS = { SIGHUP: 1, SIGINT: 2, SIGQUIT: 3, SIGTERM: 15 } as const;

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
 * Calls `undo` at a signal as {@link whenEnding} does, and ends the process, although a library
 * begins to listen to signals before the returned function is called. Whoever listened before is
 * the one who ends the process.
 */
export function whenSignalled(undo: () => void): () => void {
  const listeners = ENDING_SIGNALS.map((signal) => {
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
  };
  // before the others, because one that ends the process would leave no time
  for (const [signal, end] of listeners) process.prependListener(signal, end);
  return stop;
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

function isUnowned(signal: (typeof ENDING_SIGNALS)[number]): boolean {
  return process.listeners(signal).every((listener) => listener === endUnlessOwned);
}

function undoAtExit(): void {
  void undoAll();
}
