import { FobError } from "../fob-error.ts";
import { printable } from "../token/printable.ts";
import type { Choice, Prompt, Watch } from "./context.ts";
import { bestMatches } from "./fuzzy.ts";

/**
 * Questions at the terminal, if it is `available`; they appear on standard error and erase themselves, so that standard output stays the
 * result's. Where they are read out (`isSpoken`) they are plain lines that stay.
 */
export function terminalPrompt({ available, isSpoken }: { available: boolean; isSpoken: boolean }): Prompt {
  return available && isSpoken ? spokenPrompt() : drawnPrompt(available);
}

function spokenPrompt(): Prompt {
  const plain = () => import("./plain-prompts.ts");
  return {
    available: true,
    confirm: async (question) => (await plain()).confirmPlainly(question),
    text: async (question) => (await plain()).askPlainly(question),
    secret: async (question) => (await plain()).askUnseen(question),
    wait: waitForPerson,
    pick: async (question, choices) => (await plain()).pickPlainly(question, choices),
  };
}

function drawnPrompt(available: boolean): Prompt {
  return {
    available,
    async confirm(question, instead) {
      const { confirm } = await ask(question, instead, available);
      return settle(confirm({ message: printable(question), default: false }, STREAMS));
    },
    async text(question, instead) {
      const { input } = await ask(question, instead, available);
      return settle(input({ message: printable(question), required: true }, STREAMS));
    },
    async secret(question, instead) {
      const { password } = await ask(question, instead, available);
      return settle(password({ message: `${printable(question)}:`, mask: false }, STREAMS));
    },
    wait: waitForPerson,
    async pick(question, choices, instead) {
      const { search } = await ask(question, instead, available);
      const source = (typed: string | undefined) => bestMatches(typed ?? "", choices, ({ label }) => label).map(shown);
      return settle(search({ message: printable(question), source }, STREAMS));
    },
  };
}

const STREAMS = { input: process.stdin, output: process.stderr, clearPromptOnDone: true };

/** Without echo: whoever takes this for the question of a PIN must not show it. */
async function waitForPerson(question: string, work: (watch: Watch) => Promise<void>): Promise<boolean> {
  const { stdin, stderr } = process;
  const end = new AbortController();
  const tell = (text: string) => void stderr.write(`${printable(text)}\n`);
  tell(question);
  stdin.setRawMode(true);
  stdin.resume();
  const instead = new Promise<boolean>((resolve, reject) => {
    const listen = (keys: Buffer) => {
      if (keys.includes(CTRL_C)) reject(new FobError("interrupted", "interrupted"));
      if (/[\r\n]/.test(keys.toString("latin1"))) resolve(false);
    };
    stdin.on("data", listen);
    end.signal.addEventListener("abort", () => stdin.off("data", listen));
  });
  try {
    return await Promise.race([work({ signal: end.signal, tell }).then(() => true), instead]);
  } finally {
    end.abort();
    stdin.setRawMode(false);
    stdin.pause();
  }
}

const CTRL_C = 0x03;

/** Loads the prompts, which take longer than most commands, or says which option would have answered. */
async function ask(question: string, instead: string, available: boolean) {
  if (available) return import("@inquirer/prompts");
  throw new FobError("locked", `cannot ask here: ${printable(question)}`, {
    hint: `${instead} answers without a terminal`,
  });
}

async function settle<T>(answer: Promise<T>): Promise<T> {
  try {
    return await answer;
  } catch (error) {
    if ((error as Error).name === "ExitPromptError") throw new FobError("interrupted", "interrupted", { cause: error });
    throw error;
  }
}

function shown<T>({ label, value }: Choice<T>) {
  return { name: printable(label), value };
}
