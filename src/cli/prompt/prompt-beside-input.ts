import { t } from "#base/language.ts";
import { ownWords } from "#cli/command-line/own-words.ts";
import type { Host } from "#cli/host.ts";
import { cannotAsk } from "./cannot-ask.ts";
import { atControllingTerminal, hasControllingTerminal } from "./controlling-terminal.ts";
import { latePrompt } from "./late-prompt.ts";
import type { Pinentry } from "./pinentry.ts";
import { pinentryPrompt } from "./pinentry-prompt.ts";
import type { Prompt } from "./prompt.ts";
import type { Asking } from "./prompts.ts";

/** The prompts of a run: for all questions, and for those about PINs. */
export interface Prompts {
  readonly prompt: Prompt;
  readonly pins: Prompt;
  /** For whether a token may be used: at the terminal of this process, if there is one. */
  readonly uses: Prompt;
}

/** Who may be asked, and how. */
interface Permissions {
  readonly isInputAllowed: boolean;
  /** Whether the option for PINs names a terminal that is not standard input. */
  readonly isTerminalNamed: boolean;
  /** The pinentry for a process without a terminal; null for none. */
  readonly pinentry: Pinentry | null;
}

/**
 * Creates the prompts of a run. Where standard input is data that the command line names, PINs are
 * asked for at the terminal of the process, as ssh, git and age do, and whether a token may be
 * used; nothing else is asked there. Where standard input is another program's, or only standard
 * error is no terminal, all questions go to the terminal of the process; those about PINs do, too,
 * where the PIN source names a terminal. Where there is no terminal at all, a pinentry asks for
 * PINs and for yes or no.
 */
export function promptsFor(
  host: Host,
  { isInputAllowed, isTerminalNamed, pinentry }: Permissions,
  asking: Omit<Asking, "available">,
): Prompts {
  const { hasForeignInput = false } = host;
  const available = isInputAllowed && isTerminal(host);
  const prompt = latePrompt(available, async () =>
    (await import("./prompts.ts")).terminalPrompt({ ...asking, available }),
  );
  const isUnseen = available && !host.stderr.isTTY;
  const isData = !available && (hasForeignInput || isDataNamed(host));
  const isBeside = isUnseen || (isInputAllowed && (isData || isTerminalNamed));
  const beside = isBeside ? promptBesideInput(asking) : null;
  if (beside?.available)
    return { prompt: isUnseen || hasForeignInput ? beside : prompt, pins: beside, uses: beside };
  if (available || !isInputAllowed || !pinentry) return { prompt, pins: prompt, uses: prompt };
  const pins = pinentryPrompt(pinentry);
  return { prompt: { ...prompt, confirm: pins.confirm, secret: pins.secret }, pins, uses: prompt };
}

/**
 * Whether standard input is data and an argument of fob itself means it. A test may give another
 * input than that of this process.
 */
function isDataNamed(host: Host): boolean {
  const own = ownWords(host.argv);
  const isNamed = own.includes("-") || own.includes("/dev/stdin");
  return isNamed && host.stdin.fd === 0 && !isTerminal(host);
}

/** Whether standard input is a terminal. The stream is not opened where the host knows it. */
export function isTerminal(host: Host): boolean {
  return host.isInputTerminal ?? host.stdin.isTTY === true;
}

/** Creates prompts that appear at the terminal of this process, whatever its descriptors are. */
function promptBesideInput(asking: Omit<Asking, "available">): Prompt {
  const put = async <T>(
    question: string,
    instead: string,
    ask: (prompt: Prompt) => Promise<T>,
  ): Promise<T> => {
    const { terminalPrompt } = await import("./prompts.ts");
    const answer = await atControllingTerminal(asking.terminal.env, (terminal) =>
      ask(terminalPrompt({ ...asking, available: true, terminal })),
    );
    if (!answer) throw cannotAsk(question, instead);
    return answer.done;
  };
  return {
    available: hasControllingTerminal(),
    confirm: (question, instead, end) =>
      put(question, instead, (prompt) => prompt.confirm(question, instead, end)),
    text: (question, instead) => put(question, instead, (prompt) => prompt.text(question, instead)),
    secret: (question, instead) =>
      put(question, instead, (prompt) => prompt.secret(question, instead)),
    pasted: (question, instead) =>
      put(question, instead, (prompt) => prompt.pasted(question, instead)),
    wait: (question, work) => put(question, t("a PIN"), (prompt) => prompt.wait(question, work)),
    draw: (question, instead, work) =>
      put(question, instead, (prompt) => prompt.draw(question, instead, work)),
    pick: (question, choices, instead) =>
      put(question, instead, (prompt) => prompt.pick(question, choices, instead)),
  };
}
