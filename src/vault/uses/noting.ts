import { FobError } from "#base/fob-error.ts";
import { idOf } from "#token/token.ts";
import type { PinPrompt } from "#vault/pins/pin-prompt.ts";
import type { Authenticator } from "#vault/tokens/authenticator.ts";
import type { LoggedUse } from "./use.ts";

/** One use, without the program and the time. */
export type NotedUse = Omit<LoggedUse, "program" | "times" | "first" | "last">;

/**
 * The same tokens; `note` is told of each use that was allowed or denied, and of none that failed
 * for another reason. A passcode that is only listed is no use, unless a person was asked.
 */
export function notingUses(tokens: Authenticator, note: (use: NotedUse) => void): Authenticator {
  const noted = async <T>(
    id: string,
    { purpose, isListed }: { readonly purpose: NotedUse["purpose"]; readonly isListed: boolean },
    prompt: PinPrompt,
    act: (prompt: PinPrompt) => Promise<T>,
  ): Promise<T> => {
    let isAsked = false;
    const { approve } = prompt;
    const onAsk = () => {
      isAsked = true;
    };
    const tell = async (isAllowed: boolean) => {
      try {
        const { name } = (await tokens.look(id)).token;
        note({ token: { id, name }, purpose, grant: tokens.grantLabel, isAllowed, isAsked });
      } catch {
        // a counter has moved on already: what follows must not take its passcode away
      }
    };
    try {
      const result = await act({
        ...prompt,
        ...(approve && { approve: (use) => approve.call(prompt, { ...use, onAsk }) }),
      });
      if (isAsked || !isListed) await tell(true);
      return result;
    } catch (error) {
      if (error instanceof FobError && error.code === "denied" && (isAsked || !isListed))
        await tell(false);
      throw error;
    }
  };
  return {
    ...tokens,
    passcode: (which, time, prompt, purpose = "used") =>
      noted(idOf(which), { purpose: "code", isListed: purpose === "listed" }, prompt, (asking) =>
        tokens.passcode(which, time, asking, purpose),
      ),
    respond: (id, asked, prompt) =>
      noted(id, { purpose: "challenge", isListed: false }, prompt, (asking) =>
        tokens.respond(id, asked, asking),
      ),
  };
}
