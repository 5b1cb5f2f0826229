import { t } from "#base/language.ts";
/**
 * What a person says to a pushed login request. `choice` is the option that was picked where
 * several are offered, else null; `isReport` says that somebody else must have started the login.
 */
export type PushAnswer =
  | { readonly kind: "approve"; readonly choice: string | null }
  | { readonly kind: "deny"; readonly isReport: boolean };

/** Whether two answers say the same. */
export function sameAnswer(a: PushAnswer, b: PushAnswer): boolean {
  if (a.kind === "approve") return b.kind === "approve" && a.choice === b.choice;
  return b.kind === "deny" && a.isReport === b.isReport;
}

/** An answer in one word, as scripts and records have it. */
export function answerWord(answer: PushAnswer): "approved" | "denied" | "reported" {
  if (answer.kind === "approve") return "approved";
  return answer.isReport ? "reported" : "denied";
}

/** An answer in one word, for people. */
export function answerInWords(answer: PushAnswer): string {
  if (answer.kind === "approve") return t("approved");
  return answer.isReport ? t("reported") : t("denied");
}
