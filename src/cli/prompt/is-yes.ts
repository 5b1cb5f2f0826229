import { t } from "#base/language.ts";

/** Whether a typed answer is yes: in English, or in the language of the person. */
export function isYes(typed: string): boolean {
  return ["y", "yes", t("yes")].includes(typed.trim().toLowerCase());
}
