import { t } from "#base/language.ts";
import { shellWord } from "#base/shell-word.ts";
import { type Style, UNCOLORED } from "#cli/output/style.ts";
import { type Column, formatFields, formatTable } from "#cli/output/table.ts";
import { displayWidth } from "#cli/output/width.ts";
import type { PushRequest } from "#push/push-request.ts";
import { printable } from "#token/printable.ts";
import { answerInWords } from "#token/push-answer.ts";
import type { Answered } from "./push-requests.ts";

/** Requests as a table, or one below the other where a table would cut what they say. */
export function formatRequests(requests: readonly PushRequest[], now: Date, style: Style): string {
  const columns = columnsAt(now);
  const { columns: width } = style;
  if (width === null || style.isSpoken) return formatTable(columns, requests, style);
  const whole = formatTable(columns, requests, { ...UNCOLORED, columns: Number.MAX_SAFE_INTEGER });
  if (whole.split("\n").every((line) => displayWidth(line) <= width))
    return formatTable(columns, requests, style);
  const asFields = (request: PushRequest) =>
    formatFields(
      columns.map(([heading, cell]) => [heading, cell(request)]),
      style,
    );
  return requests.map(asFields).join("\n\n");
}

function columnsAt(now: Date): readonly Column<PushRequest>[] {
  return [
    [t("ID"), ({ id }) => id],
    [t("TOKEN"), ({ token }) => printable(token)],
    [t("SERVER"), ({ server }) => printable(server)],
    [t("REQUEST"), wording],
    [t("OPTIONS"), ({ options }) => options.map(optionWord).join(" ") || "-"],
    [t("LEFT"), (request) => `${secondsLeft(request, now)} s`],
  ];
}

/** An option of a server as one word of a shell. */
export function optionWord(option: string): string {
  return shellWord(printable(option));
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
