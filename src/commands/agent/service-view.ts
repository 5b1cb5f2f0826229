import { t } from "#base/language.ts";
import type { ServicePlan, ServiceStep } from "#cli/login-service.ts";
import type { Style } from "#cli/output/style.ts";
import { printable } from "#token/printable.ts";

/** What was done to the service, or would be. */
export interface ServiceChange {
  readonly steps: readonly ServiceStep[];
  readonly isDryRun: boolean;
}

/** What a plan would do: each step, with what is written indented below it. */
export function describeSteps({ steps }: Pick<ServicePlan, "steps">, style: Style): string {
  return steps.map((step) => describeStep(step, style)).join("\n");
}

/** {@link ServiceChange} for scripts. */
export function changeJson({ steps, isDryRun }: ServiceChange) {
  return { dryRun: isDryRun, steps };
}

function describeStep({ action, target, content }: ServiceStep, style: Style): string {
  const what = style.strong(printable(target));
  const head = { write: t`write ${what}`, remove: t`remove ${what}`, run: t`run ${what}` }[action];
  const lines = content === null ? [] : content.trimEnd().split(/\r?\n/);
  return [head, ...lines.map((line) => `    ${style.faint(printable(line))}`)].join("\n");
}
