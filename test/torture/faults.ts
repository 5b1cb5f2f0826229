import { fileURLToPath } from "node:url";
import type { Outcome, TestHome } from "../e2e/fob.ts";

const SHIM = fileURLToPath(new URL("fault-shim.cjs", import.meta.url));

/** What is to go wrong while a program runs. */
export interface Faults {
  /** Which file operation in the home fails, counted from 1. */
  readonly failAt?: number;
  readonly code?: string;
  /** Whether the file system has no hard links. */
  readonly noLinks?: boolean;
  /** The code with which it says so; EPERM unless given. */
  readonly linkCode?: string;
  /** The code with which every fsync of a folder fails. */
  readonly folderSync?: string;
  /** A file for the story of all file operations in the home, one JSON object a line. */
  readonly trace?: string;
  /** How far off the clock is, in milliseconds. */
  readonly clockOffset?: number;
}

/** Runs the program under faults. */
export function runWith(
  { home, fob }: TestHome,
  args: readonly string[],
  faults: Faults,
  { input, env }: { readonly input?: string; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<Outcome> {
  const under = {
    NODE_OPTIONS: `--require ${SHIM}`,
    FOB_FAULTS: JSON.stringify({ home, ...faults }),
  };
  return fob(args, { ...(input === undefined ? {} : { input }), env: { ...under, ...env } });
}
