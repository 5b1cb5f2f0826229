import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { printable } from "#token/printable.ts";

/** The error of a question where there is no terminal; `instead` is the option that answers it. */
export function cannotAsk(question: string, instead: string): FobError {
  return new FobError("locked", t`cannot ask here: ${printable(question)}`, {
    hint: t`${instead} answers without a terminal`,
  });
}
