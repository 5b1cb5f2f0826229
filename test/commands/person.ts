import { UNCOLORED } from "#cli/output/style.ts";
import type { Prompt } from "#cli/prompt/prompt.ts";
import type { Key } from "#cli/screen/keys.ts";
import type { Screen } from "#cli/screen/screen.ts";
import type { TerminalScreen } from "#cli/screen/terminal-screen.ts";
import type { Settings } from "#cli/settings/settings.ts";
import type { PinPrompt } from "#vault/pins/pin-prompt.ts";

const nobody = () => Promise.reject(new Error("nobody is asked"));

/** A person at a screen who presses these keys, and what the screen showed before each of them. */
export function person(keys: readonly Key[], size = { columns: 40, rows: 8 }) {
  const shown: (readonly string[])[] = [];
  let lines: readonly string[] = [];
  const left = [...keys];
  const terminal = {
    size,
    draw: (drawn: readonly string[]) => {
      lines = drawn;
    },
    close: () => undefined,
    nextKey: async () => {
      shown.push(lines);
      return left.shift() ?? null;
    },
  } as unknown as TerminalScreen;
  const questions = {
    ...{ confirm: nobody, text: nobody, secret: nobody, pasted: nobody, wait: nobody },
    pick: nobody,
  };
  const screen: Screen = { terminal, style: { ...UNCOLORED, columns: size.columns } };
  const prompt: Prompt = {
    available: true,
    ...questions,
    draw: async (_question, _instead, work) => ({ done: await work(screen) }),
  };
  const settings = { choose: () => "name" } as unknown as Settings;
  const openScreen = async () => screen;
  const pinPrompt: PinPrompt = {
    ...{ interactive: true, atTerminal: "typing", ask: nobody },
    release: async () => null,
  };
  return { context: { prompt, pinPrompt, clock: () => new Date(0), settings, openScreen }, shown };
}
