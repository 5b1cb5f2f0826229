import { PassThrough } from "node:stream";
import fc from "fast-check";
import { expect, test } from "vitest";
import { progressOn, viewProgress } from "#cli/output/progress.ts";
import { displayWidth } from "#cli/output/width.ts";

test("says number, rate and the time that is left", () => {
  const line = viewProgress({ done: 500, total: 2_000, what: "tokens", ms: 5_000 }, 80);
  expect(line).toBe(`${"█".repeat(6)}${"░".repeat(18)} 500 of 2000 tokens, 100/s, 15 s left`);
  expect(viewProgress({ done: 1, total: 100, what: "tokens", ms: 1_000 }, 40)).toBe(
    "1 of 100 tokens, 1/s, 1 min 39 s left",
  );
});

test("fits beside the last cell of any terminal", () => {
  const count = fc.integer({ min: 1, max: 20_000 });
  fc.assert(
    fc.property(count, count, fc.integer({ min: 8, max: 200 }), (done, total, columns) => {
      const line = viewProgress({ done, total, what: "tokens", ms: 1_234 }, columns);
      expect(displayWidth(line)).toBeLessThan(columns);
    }),
  );
});

test("makes room for a question, and comes back after it", () => {
  const stream = Object.assign(new PassThrough(), { isTTY: true, columns: 80 });
  const bar = progressOn(stream as never, true)(1_000_000, "tokens");
  const work = () => {
    const start = performance.now();
    while (performance.now() - start < 450) bar.step();
    return String(stream.read());
  };
  expect(work()).toMatch(/left$/);
  bar.end();
  expect(String(stream.read())).toBe("\r\u001b[K");
  bar.end();
  expect(stream.read()).toBeNull();
  expect(work()).toMatch(/left$/);
});

test("is drawn on a terminal alone, and leaves nothing behind", async () => {
  const written = async (isTTY: boolean) => {
    const stream = Object.assign(new PassThrough(), { isTTY, columns: 80 });
    const bar = progressOn(stream as never, true)(1_000_000, "tokens");
    const start = performance.now();
    while (performance.now() - start < 450) bar.step();
    bar.end();
    return String(stream.read() ?? "");
  };
  expect(await written(false)).toBe("");
  const shown = await written(true);
  expect(shown.endsWith("\r\u001b[K")).toBe(true);
  expect(shown).toMatch(/tokens, [\d,]+\/s, .* left/);
});
