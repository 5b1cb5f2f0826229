import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";

/** The error for a reply that no agent of this version sends. */
export function strangeAnswer(): FobError {
  return new FobError("unavailable", t("the agent gave an answer that makes no sense"), {
    hint: t("was fob updated meanwhile? `fob lock`, then `fob unlock`"),
  });
}
