import { stoppedByPerson } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { writeLines } from "#cli/output/remark.ts";
import { styleFor } from "#cli/output/style.ts";
import { displayWidth } from "#cli/output/width.ts";
import type { Screen } from "#cli/screen/screen.ts";
import { printable } from "#token/printable.ts";
import { type Borrowed, borrowTerminal, SHOW_CURSOR } from "./borrowed-terminal.ts";
import { cannotAsk } from "./cannot-ask.ts";
import { askPastedText } from "./pasted-text.ts";
import { pickerOf } from "./picker.ts";
import type { Prompt, Terminal, Watch } from "./prompt.ts";
import { promptLook } from "./prompt-look.ts";
import { questionLines } from "./question-lines.ts";

/** The terminal of the prompts, and the person at it. */
export interface Asking {
  /** Whether there is a person at a terminal. */
  readonly available: boolean;
  /** Whether the person uses a screen reader: prompts are then plain lines that stay. */
  readonly isSpoken: boolean;
  readonly hasColor: boolean;
  readonly terminal: Terminal;
}

/**
 * Creates prompts that appear on standard error and erase themselves, so that standard output
 * contains only the result.
 */
export function terminalPrompt(asking: Asking): Prompt {
  return asking.available && asking.isSpoken ? spokenPrompt(asking.terminal) : drawnPrompt(asking);
}

function spokenPrompt(terminal: Terminal): Prompt {
  const plain = async () => new (await import("./plain-prompts.ts")).PlainPrompts(terminal);
  return {
    available: true,
    confirm: async (question, _, end) => (await plain()).confirm(question, end),
    text: async (question) => (await plain()).text(question),
    secret: async (question) => (await plain()).secret(question),
    pasted: (question) => askPastedText(question, terminal, { stays: true }),
    wait: (question, work) => waitForPerson(question, work, terminal),
    draw: async () => null,
    pick: async (question, choices) => (await plain()).pick(question, choices),
  };
}

function drawnPrompt(asking: Asking): Prompt {
  const { terminal } = asking;
  return {
    available: asking.available,
    confirm: (question, instead, end) =>
      ask({ question, instead, end }, asking, ({ confirm }, streams) =>
        confirm(
          {
            message: atWords(question, `(y/N) ${t("Yes")}`, terminal),
            default: false,
            theme: { ...promptLook(), keywords: answers() },
          },
          streams,
        ),
      ),
    text: (question, instead) =>
      ask({ question, instead }, asking, ({ input }, streams) =>
        input(
          { message: atWords(question, "", terminal), required: true, theme: promptLook() },
          streams,
        ),
      ),
    secret: (question, instead) =>
      ask({ question, instead }, asking, ({ password }, streams) =>
        password(
          // nobody behind the person shall read it: no key shows what is typed
          {
            message: atWords(`${question}:`, t("[input is masked]"), terminal),
            mask: false,
            toggleMask: false,
            theme: promptLook(),
          },
          streams,
        ),
      ),
    pasted: async (question, instead) => {
      if (!asking.available) throw cannotAsk(question, instead);
      return askPastedText(question, terminal, { stays: false });
    },
    wait: (question, work) => waitForPerson(question, work, terminal),
    draw: (question, instead, work) => lendScreen({ question, instead }, asking, work),
    pick: (question, choices, instead) =>
      ask({ question, instead }, asking, ({ search }, streams) =>
        search(pickerOf(question, choices, terminal.stderr.columns), streams),
      ),
  };
}

async function lendScreen<T>(
  { question, instead }: Question,
  { available, hasColor, terminal: { stdin, stderr } }: Asking,
  work: (screen: Screen) => Promise<T>,
): Promise<{ readonly done: T } | null> {
  if (!available) throw cannotAsk(question, instead);
  if (!stderr.isTTY) return null;
  const style = await styleFor({
    isTerminal: true,
    columns: stderr.columns,
    color: hasColor ? "always" : "never",
    isSpoken: false,
  });
  const { TerminalScreen } = await import("#cli/screen/terminal-screen.ts");
  const screen = new TerminalScreen({ input: stdin, output: stderr });
  try {
    return { done: await work({ terminal: screen, style }) };
  } finally {
    screen.close();
  }
}

/**
 * A question broken at words, where the library would break it anywhere; `last` is what stands
 * behind it on the same line.
 */
function atWords(question: string, last: string, { stderr }: Terminal): string {
  // the first line has a mark and a space before the question
  const width = (stderr.columns || 80) - 2;
  const lines = questionLines(question, width);
  const isFull = displayWidth(`${lines.at(-1)} ${last} `) > width;
  return (isFull ? [...lines, ""] : lines).join("\n");
}

function answers() {
  return {
    yes: t("Yes"),
    no: t("No"),
    error: ({ yes, no }: { readonly yes: string; readonly no: string }) =>
      t`You must answer with "${yes}" or "${no}"`,
  };
}

/** Waits without echo, because a person may take this for a PIN prompt and type the PIN. */
async function waitForPerson(
  question: string,
  work: (watch: Watch) => Promise<void>,
  terminal: Terminal,
): Promise<boolean> {
  const end = new AbortController();
  const tell = (text: string) => writeLines(terminal.stderr, `${printable(text)}\n`);
  let working: Promise<boolean> | null = null;
  try {
    return await borrowTerminal(terminal, async ({ input, signal }) => {
      tell(question);
      working ??= work({ signal: end.signal, tell }).then(() => true);
      return await Promise.race([working, untilEnter(input, signal)]);
    });
  } finally {
    end.abort();
  }
}

/** Resolves with false after Enter. Rejects after Ctrl-C, and when `signal` aborts. */
function untilEnter(input: NodeJS.ReadStream, signal: AbortSignal): Promise<boolean> {
  return new Promise((resolve, reject) => {
    input.on("data", (keys: Buffer) => {
      if (keys.includes(CTRL_C)) reject(stoppedByPerson());
      if (/[\r\n]/.test(keys.toString("latin1"))) resolve(false);
    });
    signal.addEventListener("abort", () => reject(stoppedByPerson()));
  });
}

const CTRL_C = 0x03;

/** A question, the option that answers it, and until when it waits for an answer. */
interface Question {
  readonly question: string;
  readonly instead: string;
  readonly end?: AbortSignal | undefined;
}

/** What a prompt of @inquirer/prompts reads and writes. */
type Streams = Borrowed & {
  readonly output: NodeJS.WriteStream;
  readonly clearPromptOnDone: boolean;
};

/**
 * Loads @inquirer/prompts, which takes longer than most commands run, and asks a question. Without
 * a terminal it throws FobError `locked` with the option that answers the question.
 */
async function ask<T>(
  { question, instead, end }: Question,
  { available, hasColor, terminal }: Asking,
  put: (prompts: typeof import("./inquirer.ts"), streams: Streams) => Promise<T>,
): Promise<T> {
  if (!available) throw cannotAsk(question, instead);
  const showColors = hasColor ? () => undefined : hideColors(terminal.env);
  try {
    return await borrowTerminal(
      terminal,
      async (borrowed) =>
        put(await import("./inquirer.ts"), {
          ...borrowed,
          output: terminal.stderr,
          clearPromptOnDone: true,
        }),
      { leave: SHOW_CURSOR, end },
    );
  } catch (error) {
    if ((error as Error).name === "ExitPromptError") throw stoppedByPerson(error);
    throw error;
  } finally {
    showColors();
  }
}

/**
 * @inquirer/prompts reads the colour variables of the environment itself. Returns a function that
 * restores them; child processes get an environment of their own.
 */
function hideColors(env: NodeJS.ProcessEnv): () => void {
  const { NO_COLOR, FORCE_COLOR } = env;
  env["NO_COLOR"] = "1";
  delete env["FORCE_COLOR"];
  return () => {
    delete env["NO_COLOR"];
    if (NO_COLOR !== undefined) env["NO_COLOR"] = NO_COLOR;
    if (FORCE_COLOR !== undefined) env["FORCE_COLOR"] = FORCE_COLOR;
  };
}
