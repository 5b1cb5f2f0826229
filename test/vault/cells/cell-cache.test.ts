import { mkdtempSync, rmSync, utimesSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { type Cell, readCell, updateCell } from "#vault/cells/cell.ts";
import { CellCache } from "#vault/cells/cell-cache.ts";
import { checksumSeal } from "#vault/cells/sealing.ts";

/** A cell behind a cache, and how often it was read. */
function cached() {
  const folder = mkdtempSync(join(tmpdir(), "fob-cache-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  const cell: Cell = { folder: join(folder, "cell"), identity: "vault/cell", seal: checksumSeal };
  const cache = new CellCache<string | null>();
  let reads = 0;
  return {
    cell,
    cache,
    write: (text: string) => updateCell(cell, () => Buffer.from(text)),
    /** Makes the cell look as if it had changed so many seconds ago. */
    age: (seconds: number) => {
      const then = new Date(Date.now() - seconds * 1000);
      utimesSync(cell.folder, then, then);
    },
    read: () =>
      cache.value(cell, () => {
        reads++;
        return readCell(cell)?.toString() ?? null;
      }),
    reads: () => reads,
  };
}

test("a cell that did not change is read once", () => {
  const { cell, cache, write, age, read, reads } = cached();
  write("one");
  age(60);
  expect([read(), read(), read()]).toEqual(["one", "one", "one"]);
  expect(reads()).toBe(1);
  expect([cache.has(cell, "one"), cache.has(cell, "two")]).toEqual([true, false]);
});

test("a cell is read again after every write", () => {
  const { cell, cache, write, age, read } = cached();
  write("one");
  age(60);
  read();
  write("two");
  expect(read()).toBe("two");
  expect(cache.has(cell, "one")).toBe(false);
});

test.each([
  ["just now", 0],
  ["in the future", -60],
])(
  "a cell that changed %s is read each time: its time may not tell the next change",
  (_, seconds) => {
    const { write, age, read, reads } = cached();
    write("one");
    age(seconds);
    read();
    read();
    expect(reads()).toBe(2);
  },
);

test("a cell that is not there is looked for each time", () => {
  const { write, read } = cached();
  expect(read()).toBeNull();
  write("one");
  expect(read()).toBe("one");
});
