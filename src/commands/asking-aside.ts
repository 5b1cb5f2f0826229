import type { Progress } from "#cli/context.ts";
import type { PinPrompt } from "#vault/pins/pin-prompt.ts";

/** `prompt`, which takes the bar away before it asks. */
export function askingAside(bar: Pick<Progress, "end">, prompt: PinPrompt): PinPrompt {
  return {
    ...prompt,
    release(request) {
      bar.end();
      return prompt.release(request);
    },
    ask(request) {
      bar.end();
      return prompt.ask(request);
    },
  };
}
