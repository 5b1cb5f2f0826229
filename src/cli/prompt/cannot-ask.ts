import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { printable } from "#token/printable.ts";

/** The error of a question where there is no terminal; `instead` is the option that answers it. */
export function cannotAsk(question: string, instead: string): FobError {
  const inLine = printable(question.trim().replace(/\r?\n/g, " "));
  return new FobError("locked", t`cannot ask here: ${inLine}`, {
    hint: t`${instead} answers without a terminal`,
  });
}
