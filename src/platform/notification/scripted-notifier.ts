import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { untilFirst } from "#base/until-first.ts";
import { type Tool, wordOf } from "#platform/program/tool.ts";
import type { Notifier } from "#push/notifier.ts";

/**
 * What the scripts are told on their standard input, as JSON: `labels` are of the two buttons,
 * `seconds` is how long a question stays.
 */
export interface ScriptedNotice {
  readonly title: string;
  readonly body: string;
  readonly labels: readonly string[];
  readonly seconds: number;
}

/** Scripts of the platform: `tell` prints `told`, `ask` prints `first`, `second` or `neither`. */
export interface NoticeScripts {
  readonly name: string;
  readonly tell: Tool;
  readonly ask: Tool;
  readonly hint: string;
}

/** How long a script may take besides the time that a person has, in milliseconds. */
const MAX_STARTING = 30_000;

/**
 * Notifications that scripts of ours show. What is no word of theirs, or no answer at all, counts
 * as no button.
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
