import { t } from "#base/language.ts";
import type { Style } from "#cli/output/style.ts";
import { formatTable } from "#cli/output/table.ts";
import type { PushRequest } from "#push/request.ts";
import { printable } from "#token/printable.ts";
import { answerInWords } from "#token/push-answer.ts";
import type { Answered } from "./push-requests.ts";

/** Requests as a table. */
export function formatRequests(requests: readonly PushRequest[], now: Date, style: Style): string {
  if (requests.length === 0) return "";
  const rows = requests.map((request) => [
    request.id,
    printable(request.token),
    printable(request.server),
    wording(request),
    request.options.map(printable).join(" ") || "-",
    `${secondsLeft(request, now)} s`,
  ]);
  return formatTable(
    [t("ID"), t("TOKEN"), t("SERVER"), t("REQUEST"), t("OPTIONS"), t("LEFT")],
    rows,
    style,
  );
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
