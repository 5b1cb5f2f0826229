import type { LinkOwner } from "#cli/links.ts";
import type { SystemStep } from "#cli/system-plan.ts";

/** The result of a change of who opens links. */
export interface LinkChange {
  /** What was done, or would be. */
  readonly steps: readonly SystemStep[];
  readonly isDryRun: boolean;
  /** Who opens the links now. */
  readonly owners: readonly LinkOwner[];
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
