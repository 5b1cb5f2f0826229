import { t } from "#base/language.ts";
import { untilFirst } from "#base/until-first.ts";
import { cannotAsk } from "./cannot-ask.ts";
import type { Pinentry } from "./pinentry.ts";
import type { Prompt } from "./prompt.ts";
import { questionLines } from "./question-lines.ts";

/** Asks through a pinentry: for secrets, yes and no. Other questions need a terminal. */
export function pinentryPrompt(pinentry: Pinentry, signal?: AbortSignal): Prompt {
  const secret = (question: string) =>
    pinentry.secret({ title: TITLE, description: described(question), prompt: t("PIN:") }, signal);
  return {
    available: true,
    secret,
    pasted: secret,
    confirm: (question, _, end) => {
      const choice = { title: TITLE, description: described(question), yes: t("Yes"), no: t("No") };
      const ends = [signal, end].filter((one) => one !== undefined);
      return untilFirst(ends, (over) => pinentry.confirm(choice, over));
    },
    text: async (question, instead) => {
      throw cannotAsk(question, instead);
    },
    wait: async (question) => {
      throw cannotAsk(question, t("a PIN"));
    },
    draw: async (question, instead) => {
      throw cannotAsk(question, instead);
    },
    pick: async (question, _choices, instead) => {
      throw cannotAsk(question, instead);
    },
  };
}

const TITLE = "fob";

/** A pinentry breaks lines itself. */
function described(question: string): string {
  return questionLines(question, Number.POSITIVE_INFINITY).join("\n");
}
