import fc from "fast-check";
import { expect, test } from "vitest";
import { receivedLines } from "#agent/client/received-lines.ts";

test("a text in pieces has the lines of the whole text", () => {
  const piece = fc.string({ unit: fc.constantFrom("a", "b", "\n") });
  fc.assert(
    fc.property(fc.array(piece), (pieces) => {
      const take = receivedLines(1_000);
      const whole = pieces.join("").split("\n");
      expect(pieces.flatMap((one) => take(one) ?? [])).toEqual(whole.slice(0, -1));
      expect(take("\n")).toEqual([whole.at(-1)]);
    }),
  );
});

test("a line that is too long is refused before it ends, and counted anew for the next one", () => {
  const take = receivedLines(4);
  expect([take("ab\nabc"), take("d\nabcd"), take("e")]).toEqual([["ab"], ["abcd"], null]);
});

test("a long line in many pieces takes no longer than its length", () => {
  const take = receivedLines(2 ** 30);
  const piece = "x".repeat(4_096);
  const { user: before } = process.cpuUsage();
  for (let count = 0; count < 4_096; count++) take(piece);
  expect(take("\n")?.[0]).toHaveLength(4_096 * 4_096);
  // it takes some 50 ms; with a copy of the line for each piece, 8 s
  expect((process.cpuUsage().user - before) / 1e6).toBeLessThan(2);
});
