import { closeSync, openSync } from "node:fs";
import { ReadStream, WriteStream } from "node:tty";
import type { Terminal } from "./prompt.ts";

/** The terminal of a process, whatever its descriptors are. */
const DEVICES = {
  posix: { input: "/dev/tty", output: "/dev/tty" },
  windows: { input: "\\\\.\\CONIN$", output: "\\\\.\\CONOUT$" },
};

/** A library ends the output of a question, and the question may be put once more. */
class LastingOutput extends WriteStream {
  override end(): this {
    return this;
  }
}

/** Whether this process has a terminal, though standard input may be something else. */
export function hasControllingTerminal(): boolean {
  const opened = openDevices();
  for (const descriptor of opened ?? []) closeSync(descriptor);
  return opened !== null;
}

/** Does work with the terminal of this process; null when it has none. */
export async function atControllingTerminal<T>(
  env: NodeJS.ProcessEnv,
  work: (terminal: Terminal) => Promise<T>,
): Promise<{ readonly done: T } | null> {
  const opened = openDevices();
  if (!opened) return null;
  const stdin = Object.assign(new ReadStream(opened[0]), { fd: opened[0] });
  const stderr = new LastingOutput(opened[1]);
  // a terminal that goes away ends the question
  for (const stream of [stdin, stderr]) stream.on("error", () => undefined);
  try {
    return { done: await work({ stdin, stderr, env }) };
  } finally {
    stdin.destroy();
    stderr.destroy();
  }
}

function openDevices(): readonly [number, number] | null {
  const { input, output } = process.platform === "win32" ? DEVICES.windows : DEVICES.posix;
  let opened: number | null = null;
  try {
    opened = openSync(input, "r+");
    return [opened, openSync(output, "r+")];
  } catch {
    // there is no terminal
    if (opened !== null) closeSync(opened);
    return null;
  }
}
