import { createContext } from "#entry/context.ts";
import { type Outcome, runHere } from "../in-process.ts";

/** What a command line may find in its environment besides. */
export interface Env {
  readonly FOB_PIN?: string;
  readonly FOB_GRANT?: string;
}

/**
 * Runs a command line in this process, without standard input. What the machine has besides the
 * home is not what is tested. A pause between two looks is left out, because no other process
 * writes. The clock is `aheadMs` ahead of the machine's.
 */
export function runInProcess(
  home: string,
  args: readonly string[],
  more: Env = {},
  aheadMs = 0,
): Promise<Outcome> {
  const env = { FOB_HOME: home, FOB_KEYCHAIN: "file", ...more };
  return runHere(args, env, "", (...given) => {
    const context = createContext(...given);
    return {
      ...context,
      sensor: { ...context.sensor, describe: async () => "none" },
      machine: { ...context.machine, check: async () => [] },
      clock: () => new Date(Date.now() + aheadMs),
      sleep: async () => undefined,
    };
  });
}
