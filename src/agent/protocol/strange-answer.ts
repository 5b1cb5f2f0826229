import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";

/** What a client throws where an answer is none that an agent of this version gives. */
export function strangeAnswer(): FobError {
  return new FobError("unavailable", t("the agent gave an answer that makes no sense"), {
    hint: t("was fob updated meanwhile? `fob lock`, then `fob unlock`"),
  });
}
