import { AsyncLocalStorage } from "node:async_hooks";
import { type Speech, speakAs } from "#base/language.ts";
import { messagesFile } from "#base/messages-file.ts";

/** The languages of an agent's clients: it answers several at once, each in its own. */
export class ClientLanguages {
  readonly #folder: string;
  readonly #spoken = new AsyncLocalStorage<Speech>();
  /** By the file of the language, null for English: no more than there are files. */
  readonly #known = new Map<string | null, Speech>();

  /** `folder` has the files of translations. */
  constructor(folder: string) {
    this.#folder = folder;
    speakAs(() => this.#spoken.getStore());
  }

  /**
   * Does work, and everything that it waits for, in a language: `de` or `de_AT`. English stands for
   * null, and for a language that has no file.
   */
  speak<T>(language: string | null, work: () => T): T {
    const file = messagesFile(this.#folder, { FOB_LANG: language ?? "en" });
    const speech = this.#known.get(file) ?? { file, warn: () => undefined };
    this.#known.set(file, speech);
    return this.#spoken.run(speech, work);
  }
}
