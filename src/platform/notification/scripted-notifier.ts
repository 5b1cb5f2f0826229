import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { untilFirst } from "#base/until-first.ts";
import { type Tool, wordOf } from "#platform/program/tool.ts";
import type { Notifier } from "#push/notifier.ts";

/**
 * The input of the scripts, as JSON: `labels` are those of the two buttons, `seconds` is how long a
 * question stays.
 */
export interface ScriptedNotice {
  readonly title: string;
  readonly body: string;
  readonly labels: readonly string[];
  readonly seconds: number;
}

/** Scripts for a platform: `tell` prints `told`, `ask` prints `first`, `second` or `neither`. */
export interface NoticeScripts {
  readonly name: string;
  readonly tell: Tool;
  readonly ask: Tool;
  readonly hint: string;
}

/** How long a script may take in addition to the time for the person, in milliseconds. */
const MAX_STARTING = 30_000;

/**
 * Creates a notifier from scripts. Unexpected output, or none, counts as a failure and never as a
 * pressed button.
 */
export function scriptedNotifier({ name, tell, ask, hint }: NoticeScripts): Notifier {
  const run = (script: Tool, notice: ScriptedNotice, signal: AbortSignal) =>
    wordOf(script, signal, JSON.stringify(notice));
  const absent = () => new FobError("unavailable", t`${name} cannot show anything`, { hint });
  return {
    describe: async () => name,
    async tell({ title, body }) {
      const notice: ScriptedNotice = { title, body, labels: [], seconds: 0 };
      if ((await run(tell, notice, AbortSignal.timeout(MAX_STARTING))) !== "told") throw absent();
    },
    async ask({ title, body, actions }, { signal, timeout }) {
      const [first, second] = actions;
      const seconds = Math.max(1, Math.floor(timeout / 1000));
      const notice: ScriptedNotice = { title, body, labels: [first.label, second.label], seconds };
      const word = await untilFirst([signal, timeout + MAX_STARTING], (end) =>
        run(ask, notice, end),
      );
      if (signal.aborted) return null;
      if (word === "first") return first.id;
      if (word === "second") return second.id;
      if (word === "neither") return null;
      throw absent();
    },
  };
}
