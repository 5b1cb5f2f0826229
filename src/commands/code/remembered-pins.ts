import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { forget, type Secret } from "#token/secret.ts";
import type { PinPrompt } from "#vault/pins/pin-prompt.ts";

/**
 * The PINs (and keys that biometrics released) of tokens that a person has unlocked on a screen,
 * which stay unlocked until they are locked again, one by one or all at the end.
 */
export class RememberedPins {
  /** By token, then by question. */
  readonly #kept = new Map<string, Map<string, Secret>>();

  /** Whether the token is unlocked. */
  has(id: string): boolean {
    return this.#kept.has(id);
  }

  /**
   * Answers what was answered before, and asks `prompt` for the rest. After a failure the token is
   * to be locked: what was kept is wrong.
   */
  promptFor(id: string, prompt: PinPrompt): PinPrompt {
    const recall = async (question: string, isAnew: boolean, ask: () => Promise<Secret | null>) => {
      const known = isAnew ? undefined : this.#kept.get(id)?.get(question);
      const answer = known ?? (await ask());
      if (answer && answer !== known) this.#keep(id, question, Buffer.from(answer));
      return answer && Buffer.from(answer);
    };
    return {
      interactive: prompt.interactive,
      release: (request) => recall(`key ${request.item}`, false, () => prompt.release(request)),
      async ask(request) {
        const answer = await recall(request.role, request.refusal !== null, () =>
          prompt.ask(request),
        );
        if (answer) return answer;
        throw new FobError("locked", t("nobody answered"));
      },
    };
  }

  /** Forgets what opens a token. */
  lock(id: string): void {
    forget(...(this.#kept.get(id)?.values() ?? []));
    this.#kept.delete(id);
  }

  /** Forgets everything. */
  lockAll(): void {
    for (const id of [...this.#kept.keys()]) this.lock(id);
  }

  #keep(id: string, question: string, secret: Secret): void {
    const answers = this.#kept.get(id) ?? new Map<string, Secret>();
    forget(answers.get(question));
    answers.set(question, secret);
    this.#kept.set(id, answers);
  }
}

/** Nobody to ask: a screen that renews its passcodes must not surprise a person with a question. */
export const NOBODY: PinPrompt = {
  interactive: false,
  release: async () => null,
  async ask({ refusal }) {
    throw refusal ?? new FobError("locked", t("its PIN is needed"));
  },
};
