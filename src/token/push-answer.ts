import { t } from "#base/language.ts";

/**
 * A person's answer to a login request. `choice` is the chosen option where the request offers
 * several, else null. `isReport` says that somebody else must have started the login.
 */
export type PushAnswer =
  | { readonly kind: "approve"; readonly choice: string | null }
  | { readonly kind: "deny"; readonly isReport: boolean };

/** Whether two answers are equal. */
export function sameAnswer(a: PushAnswer, b: PushAnswer): boolean {
  if (a.kind === "approve") return b.kind === "approve" && a.choice === b.choice;
  return b.kind === "deny" && a.isReport === b.isReport;
}

/** An answer in one word for scripts and records, never translated. */
export function answerWord(answer: PushAnswer): "approved" | "denied" | "reported" {
  if (answer.kind === "approve") return "approved";
  return answer.isReport ? "reported" : "denied";
}

/** An answer in one word for people. */
export function answerInWords(answer: PushAnswer): string {
  if (answer.kind === "approve") return t("approved");
  return answer.isReport ? t("reported") : t("denied");
}
