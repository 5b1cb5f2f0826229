import { t } from "#base/language.ts";
import type { Style } from "#cli/output/style.ts";
import type { SystemPlan, SystemStep } from "#cli/system-plan.ts";
import { printable } from "#token/printable.ts";

/** What a plan would do: each step, with what is written indented below it. */
export function describeSteps({ steps }: Pick<SystemPlan, "steps">, style: Style): string {
  return steps.map((step) => describeStep(step, style)).join("\n");
}

function describeStep({ action, target, content }: SystemStep, style: Style): string {
  const what = style.strong(printable(target));
  const head = { write: t`write ${what}`, remove: t`remove ${what}`, run: t`run ${what}` }[action];
  const lines = content === null ? [] : content.trimEnd().split(/\r?\n/);
  return [head, ...lines.map((line) => `    ${style.faint(printable(line))}`)].join("\n");
}
