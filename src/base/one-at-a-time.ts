/**
 * Makes a queue that does one work at a time, in the order in which they come. It holds at most
 * `most` works, the one under way included; one more is rejected with the error of `tooMany`.
 */
export function oneAtATime(
  most: number,
  tooMany: () => Error,
): <T>(work: () => Promise<T>) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  let held = 0;
  return async (work) => {
    if (held >= most) throw tooMany();
    held++;
    const turn = last.then(work);
    last = turn.catch(() => undefined);
    try {
      return await turn;
    } finally {
      held--;
    }
  };
}
