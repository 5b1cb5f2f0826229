import { spawnSync } from "node:child_process";
import { isatty } from "node:tty";
import { guardModes } from "./terminal-guard.ts";

/** The modes that are off while keys are read one by one and without echo (termios(4)). */
const MODES = ["echo", "icanon", "isig", "iexten", "icrnl", "ixon"] as const;
type Mode = (typeof MODES)[number];

/** How many bytes a read waits for. */
const MINIMUM = 1;

/** What fob has changed of a terminal, so that it gets keys one by one and without echo. */
export interface TakenModes {
  /** Undoes these changes once. Never throws: the terminal may be gone. */
  giveBack(): void;
}

/** The modes of a terminal that are on, and the minimum of a read (null where it is not told). */
interface Modes {
  readonly on: ReadonlySet<Mode>;
  readonly minimum: number | null;
}

/**
 * Has a terminal give each key at once and without echo. Only what differs is changed and put back,
 * because another program may have set other modes before, and may set them meanwhile; Node would
 * put back all modes that it has once found. `leave` is written to the terminal where this process
 * is killed.
 */
export function takeModes(
  terminal: NodeJS.ReadStream & { readonly fd?: number },
  leave = "",
): TakenModes {
  const { fd } = terminal;
  const found = terminal.destroyed || fd === undefined ? null : modesOf(fd);
  if (fd === undefined || found === null) return takeByNode(terminal);
  const off = MODES.filter((mode) => found.on.has(mode));
  const isOtherMinimum = found.minimum !== null && found.minimum !== MINIMUM;
  const minimum = (count: number | null) => (isOtherMinimum ? ["min", String(count)] : []);
  const changes = [...off.map((mode) => `-${mode}`), ...minimum(MINIMUM)];
  const back = [...off, ...minimum(found.minimum)];
  const relieve =
    changes.length > 0 ? guardModes(fd, { off, changes: back, leave }) : () => undefined;
  if (changes.length > 0) stty(fd, changes);
  let isTaken = true;
  return {
    giveBack() {
      if (!isTaken || terminal.destroyed) return;
      isTaken = false;
      const now = changes.length > 0 ? modesOf(fd) : null;
      // where one of them is on again, another program or a shell has set its own modes
      if (now && !off.some((mode) => now.on.has(mode))) stty(fd, back);
      relieve();
    },
  };
}

/** For Windows, and where there is no program to set modes. */
function takeByNode(terminal: NodeJS.ReadStream): TakenModes {
  setRawMode(terminal, true);
  return { giveBack: () => setRawMode(terminal, false) };
}

function setRawMode(terminal: NodeJS.ReadStream, isRaw: boolean): void {
  try {
    if (!terminal.destroyed) terminal.setRawMode(isRaw);
  } catch {
    // the terminal is gone
  }
}

/** The modes of a terminal; null where no program tells them. */
function modesOf(descriptor: number): Modes | null {
  if (process.platform === "win32" || !isatty(descriptor)) return null;
  const words = stty(descriptor, ["-a"])?.split(/[\s;]+/) ?? [];
  if (!MODES.every((mode) => words.includes(mode) || words.includes(`-${mode}`))) return null;
  const minimum = words.indexOf("min");
  return {
    on: new Set(MODES.filter((mode) => words.includes(mode))),
    minimum: minimum < 0 ? null : Number(words[minimum + 2]),
  };
}

/** Runs stty(1) at a terminal; null where that fails. */
function stty(descriptor: number, args: readonly string[]): string | null {
  const { status, stdout } = spawnSync("stty", args, {
    env: { PATH: `/bin:/usr/bin:${process.env["PATH"] ?? ""}`, LC_ALL: "C" },
    stdio: [descriptor, "pipe", "ignore"],
    encoding: "latin1",
  });
  return status === 0 ? stdout : null;
}
