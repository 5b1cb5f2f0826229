import { type CommandReply, type Question, toPlain } from "#agent/protocol/command-protocol.ts";
import { encodeError } from "#base/error-json.ts";
import { FobError, stoppedByPerson } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { pinBytes } from "#token/secret.ts";
import type { PinPrompt } from "#vault/pins/pin-prompt.ts";

/** Questions to the person; each says what could be given `instead`. */
export interface Questions {
  confirm(question: string, instead: string): Promise<boolean>;
  text(question: string, instead: string): Promise<string>;
  pick<T>(
    question: string,
    choices: readonly { readonly label: string; readonly value: T }[],
    instead: string,
  ): Promise<T>;
}

/** How a command in the agent asks the user: its questions are shown by the client. */
export interface Asking extends Questions {
  readInput(): Promise<string>;
  readonly pinPrompt: PinPrompt;
  /** Throws FobError `interrupted` after the user has stopped the command. */
  refuseStopped(undone: string): void;
}

interface Waiting {
  answer(value: string | boolean): void;
  refuse(error: FobError): void;
}

/**
 * A command that an agent runs for one client. `run` gets the functions that ask. A question is
 * sent as the reply to the client's request, and the client's next request carries the answer.
 */
export class DelegatedCommand {
  readonly #done: Promise<CommandReply>;
  #waiting: Waiting | null = null;
  #isStopped = false;
  #ask: ((question: Question) => void) | null = null;

  constructor(run: (asking: Asking) => Promise<unknown>, interactive: boolean) {
    this.#done = run(this.#asking(interactive)).then((result) => ({ result: toPlain(result) }));
    // awaited with the next request, which may never come
    this.#done.catch(() => undefined);
  }

  /** The first question, or the command's result. Rejects as the command does. */
  start(): Promise<CommandReply> {
    return this.#next();
  }

  /**
   * {@link start} after an answer. Throws FobError `usage` when nothing was asked, unless the value
   * is an error: the user may interrupt at any time.
   */
  answer(value: string | boolean | FobError): Promise<CommandReply> {
    const waiting = this.#waiting;
    if (value instanceof FobError && value.code === "interrupted") this.#isStopped = true;
    if (!waiting && this.#isStopped) return this.#done;
    if (!waiting) throw new FobError("usage", t("nothing was asked"));
    this.#waiting = null;
    const next = this.#next();
    if (value instanceof FobError) waiting.refuse(value);
    else waiting.answer(value);
    return next;
  }

  /** Stops the command between two of its steps, because its client has disconnected. */
  stop(): void {
    this.#isStopped = true;
    const waiting = this.#waiting;
    this.#waiting = null;
    waiting?.refuse(stoppedByPerson());
  }

  #next(): Promise<CommandReply> {
    const asked = new Promise<CommandReply>((resolve) => {
      this.#ask = (question) => resolve({ question });
    });
    return Promise.race([this.#done, asked]);
  }

  #put(question: Question): Promise<string | boolean> {
    if (this.#isStopped) return Promise.reject(stoppedByPerson());
    return new Promise((resolve, reject) => {
      this.#waiting = { answer: resolve, refuse: reject };
      this.#ask?.(question);
    });
  }

  #asking(interactive: boolean): Asking {
    return {
      confirm: async (question, instead) =>
        (await this.#put({ ask: "confirm", question, instead })) === true,
      text: async (question, instead) =>
        String(await this.#put({ ask: "text", question, instead })),
      pick: async (question, choices, instead) => {
        const labels = choices.map(({ label }) => label);
        const label = await this.#put({ ask: "pick", question, labels, instead });
        const choice = choices.find((one) => one.label === label);
        if (!choice)
          throw new FobError("usage", t("the answer is none of those that were offered"));
        return choice.value;
      },
      refuseStopped: (undone) => {
        if (this.#isStopped) throw new FobError("interrupted", undone);
      },
      readInput: async () => String(await this.#put({ ask: "input" })),
      pinPrompt: {
        interactive,
        release: async () => null,
        ask: async ({ of, role, refusal, later }) => {
          const json = refusal && encodeError(refusal);
          return pinBytes(String(await this.#put({ ask: "pin", of, role, refusal: json, later })));
        },
      },
    };
  }
}
