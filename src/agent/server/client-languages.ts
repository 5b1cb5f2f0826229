import { AsyncLocalStorage } from "node:async_hooks";
import { messagesFile, type Speech, speakAs } from "#base/language.ts";

/**
 * The languages of an agent's clients, each of which has its commands carried out in its own, at
 * the same time.
 */
export class ClientLanguages {
  readonly #folder: string;
  readonly #spoken = new AsyncLocalStorage<Speech>();
  /** By file: as many as there are files. */
  readonly #known = new Map<string | null, Speech>();

  /** `folder` has the files of translations. */
  constructor(folder: string) {
    this.#folder = folder;
    speakAs(() => this.#spoken.getStore());
  }

  /**
   * Does work, and all that it waits for, in a client's language, `de` or `de_AT`: in English where
   * there is no such file, and in the agent's own language where the client says nothing.
   */
  speak<T>(language: string | undefined, work: () => T): T {
    if (language === undefined) return work();
    const file = messagesFile(this.#folder, { FOB_LANG: language });
    const speech = this.#known.get(file) ?? { file, warn: () => undefined };
    this.#known.set(file, speech);
    return this.#spoken.run(speech, work);
  }
}
