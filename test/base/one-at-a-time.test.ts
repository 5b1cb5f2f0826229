import { expect, test } from "vitest";
import { oneAtATime } from "#base/one-at-a-time.ts";

const tooMany = () => new Error("too many");

test("works are done one after another, whatever becomes of them", async () => {
  const inTurn = oneAtATime(10, tooMany);
  const done: number[] = [];
  let underWay = 0;
  const work = (number: number) => async () => {
    expect(++underWay).toBe(1);
    await new Promise((resolve) => setImmediate(resolve));
    underWay--;
    done.push(number);
    if (number % 2 === 0) throw new Error(`no ${number}`);
    return number;
  };
  const outcomes = await Promise.allSettled([1, 2, 3, 4].map((number) => inTurn(work(number))));
  expect(done).toEqual([1, 2, 3, 4]);
  expect(outcomes).toMatchObject([
    { value: 1 },
    { reason: { message: "no 2" } },
    { value: 3 },
    { reason: { message: "no 4" } },
  ]);
});

test("more than there is room for are refused, and there is room again afterwards", async () => {
  const inTurn = oneAtATime(3, tooMany);
  const outcomes = await Promise.allSettled(
    [1, 2, 3, 4, 5].map((number) => inTurn(async () => number)),
  );
  expect(outcomes.map(({ status }) => status === "fulfilled")).toEqual([
    true,
    true,
    true,
    false,
    false,
  ]);
  expect(outcomes[4]).toMatchObject({ reason: { message: "too many" } });
  expect(await inTurn(async () => 6)).toBe(6);
});
