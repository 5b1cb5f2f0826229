import type { Context } from "#cli/context.ts";

/**
 * The tokens of a result for JSON; the first one carries the recovery code if a vault was created
 * for them.
 */
export function withRecoveryCode<View extends object>(
  views: readonly View[],
  context: Pick<Context, "newRecoveryCode">,
): readonly (View & { readonly recoveryCode?: string })[] {
  const [first, ...rest] = views;
  const recoveryCode = first === undefined ? null : context.newRecoveryCode();
  return first === undefined || recoveryCode === null
    ? views
    : [{ ...first, recoveryCode }, ...rest];
}
