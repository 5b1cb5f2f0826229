import type { Context } from "#cli/context.ts";

/**
 * The tokens of a result, the first of which carries the recovery code of the vault that was made
 * for them, where it has one for JSON.
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
