import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { forget, type Secret } from "#token/secret.ts";
import type { PinPrompt } from "#vault/pins/pin-prompt.ts";

/**
 * The PINs, and the keys released by biometrics, of the tokens that a person has unlocked while
 * passcodes are watched. A token stays unlocked until {@link PinCache.lock} or
 * {@link PinCache.lockAll}.
 */
export class PinCache {
  /** By token id, then by question. */
  readonly #answers = new Map<string, Map<string, Secret>>();

  /** Whether the token is unlocked. */
  has(id: string): boolean {
    return this.#answers.has(id);
  }

  /**
   * A prompt that gives the answers given before, and asks `prompt` for the others. When the token
   * fails, the caller locks it: the kept answer is wrong.
   */
  promptFor(id: string, prompt: PinPrompt): PinPrompt {
    const answerTo = async (
      question: string,
      wasRefused: boolean,
      ask: () => Promise<Secret | null>,
    ) => {
      const known = wasRefused ? undefined : this.#answers.get(id)?.get(question);
      const answer = known ?? (await ask());
      if (answer && answer !== known) this.#keep(id, question, Buffer.from(answer));
      return answer && Buffer.from(answer);
    };
    return {
      ...prompt,
      release: (request) => answerTo(`key ${request.item}`, false, () => prompt.release(request)),
      async ask(request) {
        const answer = await answerTo(request.role, request.refusal !== null, () =>
          prompt.ask(request),
        );
        if (answer) return answer;
        throw new FobError("locked", t("nobody answered"));
      },
    };
  }

  /** Erases the answers that open a token. */
  lock(id: string): void {
    forget(...(this.#answers.get(id)?.values() ?? []));
    this.#answers.delete(id);
  }

  /** Erases all answers. */
  lockAll(): void {
    for (const id of [...this.#answers.keys()]) this.lock(id);
  }

  #keep(id: string, question: string, secret: Secret): void {
    const answers = this.#answers.get(id) ?? new Map<string, Secret>();
    forget(answers.get(question));
    answers.set(question, secret);
    this.#answers.set(id, answers);
  }
}

/**
 * Fails instead of asking: passcodes are renewed in the background, where no question may appear.
 * The person is where that of the prompt is.
 */
export function noQuestions({
  atTerminal = "reachable",
}: Pick<PinPrompt, "atTerminal">): PinPrompt {
  return {
    interactive: false,
    atTerminal,
    release: async () => null,
    approve: async () => {
      throw new FobError("locked", t("a person is asked before it is used"));
    },
    async ask({ refusal }) {
      throw refusal ?? new FobError("locked", t("its PIN is needed"));
    },
  };
}
