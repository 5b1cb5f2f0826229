import { FobError, stoppedByPerson } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { untilFirst } from "#base/until-first.ts";
import type { Sensor } from "#cli/sensor.ts";
import { type Tool, wordOf } from "#platform/program/tool.ts";

/** The output of a sensor script: one of these words. */
export type Word = "ready" | "recognized" | "refused" | "cancelled" | "unavailable";

const WORDS: readonly string[] = [
  "ready",
  "recognized",
  "refused",
  "cancelled",
  "unavailable",
] satisfies Word[];

/**
 * The time limit in milliseconds: the platform shows a window of its own, which a person may leave
 * open.
 */
const MAX_WAITING = 60_000;

/**
 * Creates a sensor from scripts: `probe` prints `ready` or `unavailable`, `ask` one of the other
 * words.
 */
export function scriptedSensor(
  name: string,
  { probe, ask, hint }: { readonly probe: Tool; ask(reason: string): Tool; readonly hint: string },
): Sensor {
  const absent = () =>
    new FobError("unavailable", t`${name} is not there, or not set up`, { hint });
  return {
    async describe() {
      if ((await askFor(probe, AbortSignal.timeout(MAX_WAITING))) === "ready") return name;
      throw absent();
    },
    async verify(reason, { signal }) {
      const word = await untilFirst([signal, MAX_WAITING], (end) => askFor(ask(reason), end));
      if (word === "recognized") return;
      if (signal.aborted) throw stoppedByPerson();
      if (word === "refused") throw new FobError("denied", t`${name} did not recognise you`);
      if (word === "cancelled") throw new FobError("denied", t`${name} was dismissed`);
      throw absent();
    },
  };
}

/** Unexpected output, or none, counts as `unavailable`, never as recognized. */
async function askFor(script: Tool, signal: AbortSignal): Promise<Word> {
  const word = await wordOf(script, signal);
  return word !== null && WORDS.includes(word) ? (word as Word) : "unavailable";
}
