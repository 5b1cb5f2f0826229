import { createContext } from "#entry/context.ts";
import { type Outcome, runHere } from "../in-process.ts";

/** What a command line may find in its environment besides. */
export interface Env {
  readonly FOB_PIN?: string;
  readonly FOB_GRANT?: string;
  /** `file` where it is not given. */
  readonly FOB_KEYCHAIN?: "none";
}

/** What a command line finds besides its arguments. */
export interface Given {
  readonly env?: Env;
  /** Standard input. */
  readonly input?: string;
  /** By how much the clock is ahead of the machine's, in milliseconds. */
  readonly aheadMs?: number;
}

/**
 * Runs a command line in this process. What the machine has besides the home is not what is tested:
 * its sensor knows everybody. A pause between two looks is left out, because no other process
 * writes.
 */
export function runInProcess(
  home: string,
  args: readonly string[],
  { env: more = {}, input = "", aheadMs = 0 }: Given = {},
): Promise<Outcome> {
  // git runs as a process of its own, and finds neither settings nor names of this machine
  const own = { PATH: process.env["PATH"] ?? "", HOME: home, FOB_HOME: home };
  const env = { ...own, FOB_KEYCHAIN: "file", ...more };
  return runHere(args, env, input, (...given) => {
    const context = createContext(...given);
    return {
      ...context,
      sensor: { describe: async () => "none", verify: async () => undefined },
      machine: { ...context.machine, check: async () => [] },
      clock: () => new Date(Date.now() + aheadMs),
      sleep: async () => undefined,
    };
  });
}
