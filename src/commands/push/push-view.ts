import { t } from "#base/language.ts";
import type { Style } from "#cli/output/style.ts";
import { formatTable } from "#cli/output/table.ts";
import type { PushRequest } from "#push/push-request.ts";
import { printable } from "#token/printable.ts";
import { answerInWords } from "#token/push-answer.ts";
import type { Answered } from "./push-requests.ts";

/** Requests as a table. */
export function formatRequests(requests: readonly PushRequest[], now: Date, style: Style): string {
  return formatTable(
    [
      [t("ID"), ({ id }) => id],
      [t("TOKEN"), ({ token }) => printable(token)],
      [t("SERVER"), ({ server }) => printable(server)],
      [t("REQUEST"), wording],
      [t("OPTIONS"), ({ options }) => options.map(asOneWord).join(" ") || "-"],
      [t("LEFT"), (request) => `${secondsLeft(request, now)} s`],
    ],
    requests,
    style,
  );
}

/** An option as a shell takes it: one with blanks is put in quotation marks. */
export function asOneWord(option: string): string {
  const safe = printable(option);
  return /^[\p{L}\p{N}._-]+$/u.test(safe) ? safe : JSON.stringify(safe);
}

/** What a request says, in one line. */
export function wording({ title, question }: Pick<PushRequest, "title" | "question">): string {
  return printable([title, question].filter(Boolean).join(": "));
}

/** For how many whole seconds it can be answered. */
export function secondsLeft({ expiresAt }: PushRequest, now: Date): number {
  return Math.max(0, Math.floor((expiresAt.getTime() - now.getTime()) / 1000));
}

/** An answer in a line or two. */
export function formatAnswered({ request, answer, outcome }: Answered, style: Style): string {
  const { displayCode, message } = outcome;
  return [
    t`${answerInWords(answer)} ${style.strong(wording(request))} (${printable(request.token)} at ${printable(request.server)})`,
    ...(displayCode === undefined
      ? []
      : [t`type this at the login page: ${style.strong(printable(displayCode))}`]),
    ...(message === undefined ? [] : [printable(message)]),
  ].join("\n");
}
