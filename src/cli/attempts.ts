import { asFobError } from "#base/file-error.ts";
import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import type { Context } from "./context.ts";

/** What could be done with some of several things, and why not with the others, in their order. */
export interface Attempts<Result> {
  readonly done: readonly Result[];
  readonly failures: readonly FobError[];
}

/** What people know a thing by: a token, or a line of a file. */
interface Named {
  readonly name: string;
}

/**
 * Does something with each of several tokens, one after the other. One that fails hinders no other:
 * its failure carries its name. Rejects only where a person has stopped it.
 */
export async function attemptEach<T extends Named, Result>(
  tokens: readonly T[],
  attempt: (token: T) => Promise<Result>,
): Promise<Attempts<Result>> {
  const done: Result[] = [];
  const failures: FobError[] = [];
  for (const token of tokens) {
    try {
      done.push(await attempt(token));
    } catch (error) {
      failures.push(failureOf(token, error));
    }
  }
  return { done, failures };
}

/**
 * {@link attemptEach}, where an only token fails as if it stood alone: nobody has to be told which
 * one it was.
 */
export async function attemptAll<T extends Named, Result>(
  tokens: readonly T[],
  attempt: (token: T) => Promise<Result>,
  context: Pick<Context, "complain">,
): Promise<Attempts<Result>> {
  const [only, ...others] = tokens;
  if (only && others.length === 0) return { done: [await attempt(only)], failures: [] };
  const attempts = await attemptEach(tokens, attempt);
  refuseNothingDone(attempts, context);
  return attempts;
}

/** Why something failed with a token, with the token's name. Throws what stops the others, too. */
export function failureOf({ name }: Named, error: unknown): FobError {
  const failure = asFobError(error);
  if (failure.code === "interrupted") throw failure;
  const { code, message, hint, exitCode } = failure;
  return new FobError(code, t`${name}: ${message}`, {
    cause: error,
    exitCode,
    ...(hint === undefined ? {} : { hint }),
  });
}

/** Throws the first failure where nothing could be done, after telling of the others. */
export function refuseNothingDone(
  { done, failures }: Attempts<unknown>,
  context: Pick<Context, "complain">,
): void {
  if (done.length === 0) refuseFailures(failures, context);
}

/** Throws the first failure, if there is one, after telling of the others. */
export function refuseFailures(
  [first, ...others]: readonly FobError[],
  { complain }: Pick<Context, "complain">,
): void {
  if (!first) return;
  for (const failure of others) complain(failure);
  throw first;
}
