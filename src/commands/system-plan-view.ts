import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import type { Context } from "#cli/context.ts";
import { type Style, UNCOLORED } from "#cli/output/style.ts";
import type { SystemPlan, SystemStep } from "#cli/system-plan.ts";
import { printable } from "#token/printable.ts";

/** What a plan would do: each step, with what is written indented below it. */
export function describeSteps({ steps }: Pick<SystemPlan, "steps">, style: Style): string {
  return steps.map((step) => describeStep(step, style)).join("\n");
}

/** Shows a person what a plan would do, and asks. Throws FobError `interrupted` for a no. */
export async function askAbout(
  plan: Pick<SystemPlan, "steps">,
  { question, refusal }: { readonly question: string; readonly refusal: string },
  { prompt, tell }: Pick<Context, "prompt" | "tell">,
): Promise<void> {
  const lines = prompt.available ? describeSteps(plan, UNCOLORED).split("\n") : [];
  for (const line of lines) tell(line);
  if (!(await prompt.confirm(question, "--yes"))) throw new FobError("interrupted", refusal);
}

function describeStep({ action, target, content }: SystemStep, style: Style): string {
  const what = style.strong(printable(target));
  const head = { write: t`write ${what}`, remove: t`remove ${what}`, run: t`run ${what}` }[action];
  const lines = content === null ? [] : content.trimEnd().split(/\r?\n/);
  return [head, ...lines.map((line) => `    ${style.faint(printable(line))}`)].join("\n");
}
