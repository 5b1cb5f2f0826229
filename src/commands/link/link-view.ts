import { t } from "#base/language.ts";
import type { LinkOwner, LinkPlan, LinkStep } from "#cli/links.ts";
import type { Style } from "#cli/output/style.ts";
import { printable } from "#token/printable.ts";

/** The result of a change of who opens links. */
export interface LinkChange {
  /** What was done, or would be. */
  readonly steps: readonly LinkStep[];
  readonly isDryRun: boolean;
  /** Who opens the links now. */
  readonly owners: readonly LinkOwner[];
}

/** What a plan would do: each step, with what is written indented below it. */
export function describeSteps({ steps }: Pick<LinkPlan, "steps">, style: Style): string {
  return steps.map((step) => describeStep(step, style)).join("\n");
}

/** {@link LinkChange} for scripts. */
export function changeJson({ steps, isDryRun, owners }: LinkChange) {
  return { dryRun: isDryRun, steps, links: owners.map(ownerJson) };
}

/** {@link LinkOwner} for scripts. */
export function ownerJson({ scheme, handler, isFob, before }: LinkOwner) {
  return { scheme, handler, fob: isFob, before };
}

/** The schemes of some owners, in one line. */
export function nameSchemes(owners: readonly Pick<LinkOwner, "scheme">[]): string {
  return owners.map(({ scheme }) => `${scheme}:`).join(", ");
}

function describeStep({ action, target, content }: LinkStep, style: Style): string {
  const path = style.strong(printable(target));
  const head = { write: t`write ${path}`, remove: t`remove ${path}`, run: t`run ${path}` }[action];
  const lines = content === null ? [] : content.trimEnd().split("\n");
  return [head, ...lines.map((line) => `    ${style.faint(printable(line))}`)].join("\n");
}
