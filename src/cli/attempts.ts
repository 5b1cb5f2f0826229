import { asFobError } from "#base/file-error.ts";
import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import type { Context, Progress } from "./context.ts";

/** The results and the failures of an action on several things, each in order. */
export interface Attempts<Result> {
  readonly done: readonly Result[];
  readonly failures: readonly FobError[];
}

/** A thing with a name for messages: a token, or a line of a file. */
interface Named {
  readonly name: string;
}

/**
 * Does something with each of several tokens, one after the other. A failure does not stop the
 * others; its message gets the token's name. Rejects only when a person stops the work.
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

/** {@link attemptEach}, which shows on a bar how far it is. */
export async function attemptEachShown<T extends Named, Result>(
  tokens: readonly T[],
  attempt: (token: T) => Promise<Result>,
  bar: Progress,
): Promise<Attempts<Result>> {
  try {
    return await attemptEach(tokens, (token) => attempt(token).finally(() => bar.step()));
  } finally {
    bar.end();
  }
}

/**
 * {@link attemptEach}, except that the failure of a single token is thrown unchanged, because its
 * name is obvious. A `bar` shows how far it is.
 */
export async function attemptAll<T extends Named, Result>(
  tokens: readonly T[],
  attempt: (token: T) => Promise<Result>,
  context: Pick<Context, "complain">,
  bar?: Progress,
): Promise<Attempts<Result>> {
  const [only, ...others] = tokens;
  if (only && others.length === 0) return { done: [await attempt(only)], failures: [] };
  const attempts = bar
    ? await attemptEachShown(tokens, attempt, bar)
    : await attemptEach(tokens, attempt);
  refuseNothingDone(attempts, context);
  return attempts;
}

/**
 * The failure of a token, with its name at the beginning of the message. Throws `interrupted`,
 * which stops the others.
 */
export function failureOf({ name }: Named, error: unknown): FobError {
  const failure = asFobError(error);
  if (failure.code === "interrupted") throw failure;
  const { code, message, hint, exitCode } = failure;
  const named = message.startsWith(`${name} `) ? message : t`${name}: ${message}`;
  return new FobError(code, named, {
    cause: error,
    exitCode,
    ...(hint === undefined ? {} : { hint }),
  });
}

/** Throws the first failure if nothing was done, after printing the others. */
export function refuseNothingDone(
  { done, failures }: Attempts<unknown>,
  context: Pick<Context, "complain">,
): void {
  if (done.length === 0) refuseFailures(failures, context);
}

/** Throws the first failure, if there is one, after printing the others. */
export function refuseFailures(
  [first, ...others]: readonly FobError[],
  { complain }: Pick<Context, "complain">,
): void {
  if (!first) return;
  for (const failure of others) complain(failure);
  throw first;
}
