import { randomBytes } from "node:crypto";
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { describe, expect, onTestFinished, test } from "vitest";
import { decrypt, encrypt } from "#base/gcm.ts";
import { type Cell, readCell, updateCell } from "#vault/cells/cell.ts";
import { checksumSeal, encryptingSeal } from "#vault/cells/sealing.ts";

function newCell(seal = encryptingSeal(randomBytes(32))): Cell {
  const folder = mkdtempSync(join(tmpdir(), "fob-cell-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return { folder: join(folder, "cell"), identity: "vault/cell", seal };
}

const text = (value: Buffer | null) => value?.toString() ?? null;
const write = (cell: Cell, value: string) => updateCell(cell, () => Buffer.from(value));

describe("a cell", () => {
  test("is null until it is written, and then holds the last value", () => {
    const cell = newCell();
    expect(readCell(cell)).toBeNull();
    write(cell, "one");
    updateCell(cell, (current) => Buffer.from(`${current}, two`));
    expect(text(readCell(cell))).toBe("one, two");
    expect(readdirSync(cell.folder)).toEqual(["2"]);
  });

  test("is left alone when the change is none", () => {
    const cell = newCell();
    write(cell, "one");
    expect(updateCell(cell, () => null)).toBeNull();
    expect(readdirSync(cell.folder)).toEqual(["1"]);
  });

  test("asks again when somebody was faster", () => {
    const cell = newCell();
    write(cell, "0");
    const seen: (string | null)[] = [];
    updateCell(cell, (current) => {
      seen.push(text(current));
      if (seen.length <= 2) write(cell, String(seen.length));
      return Buffer.from(`${current}+`);
    });
    expect(seen).toEqual(["0", "1", "2"]);
    expect(text(readCell(cell))).toBe("2+");
  });

  test("does not let a sleeper reuse a generation that was cleaned away", () => {
    const cell = newCell();
    write(cell, "0");
    const seen: (string | null)[] = [];
    updateCell(cell, (current) => {
      seen.push(text(current));
      if (seen.length === 1) for (const value of ["a", "b", "c"]) write(cell, value);
      return Buffer.from(`${current}!`);
    });
    expect(seen).toEqual(["0", "c"]);
    expect(text(readCell(cell))).toBe("c!");
  });

  test("is not read from a late writer's file that took a number cleaned away in the meantime", () => {
    const cell = newCell();
    write(cell, "0");
    write(cell, "1");
    let looks = 0;
    const watched: Cell = {
      ...cell,
      // between listing generation 2 and reading it, others write on, and a writer wakes up that
      // had read generation 1
      get folder() {
        if (++looks === 2) {
          write(cell, "2");
          write(cell, "3");
          writeFileSync(
            join(cell.folder, "2"),
            cell.seal.seal(Buffer.from("late".padEnd(500)), "vault/cell/2"),
          );
        }
        return cell.folder;
      },
    };
    expect(text(readCell(watched))).toBe("3");
  });

  test("counts a value that was built upon at once", () => {
    const cell = newCell();
    write(cell, "0");
    for (let i = 1; i <= 30; i++)
      updateCell(cell, (current) => Buffer.from(String(Number(current) + 1)));
    expect(text(readCell(cell))).toBe("30");
  });

  test("passes a torn newest generation over once its writer must be gone", () => {
    const cell = newCell();
    write(cell, "whole");
    const torn = join(cell.folder, "2");
    writeFileSync(torn, "to");
    const longAgo = new Date(Date.now() - 60_000);
    utimesSync(torn, longAgo, longAgo);
    expect(text(readCell(cell))).toBe("whole");
    write(cell, "next");
    expect(readdirSync(cell.folder)).toEqual(["3"]);
    expect(text(readCell(cell))).toBe("next");
  });

  test("is not read under another generation, another identity or another key", () => {
    const cell = newCell();
    write(cell, "one");
    expect(() => readCell({ ...cell, identity: "vault/other" })).toThrow(
      /is damaged or does not belong/,
    );
    expect(() => readCell({ ...cell, seal: encryptingSeal(randomBytes(32)) })).toThrow(
      /is damaged/,
    );
    renameSync(join(cell.folder, "1"), join(cell.folder, "2"));
    expect(() => readCell(cell)).toThrow(expect.objectContaining({ code: "invalid" }));
  });

  test("clears away what killed writers left, when it is old", () => {
    const cell = newCell();
    write(cell, "one");
    const [old, young] = [join(cell.folder, ".new-old"), join(cell.folder, ".new-young")];
    writeFileSync(old, "");
    writeFileSync(young, "");
    const longAgo = new Date(Date.now() - 2 * 60 * 60 * 1000);
    utimesSync(old, longAgo, longAgo);
    write(cell, "two");
    expect(readdirSync(cell.folder).sort()).toEqual([".new-young", "2"]);
  });

  test("is not made again for a writer whose cell was moved away", () => {
    const cell = newCell();
    write(cell, "one");
    const moved = `${cell.folder}-moved`;
    updateCell(cell, (current) => {
      if (current) renameSync(cell.folder, moved);
      return current ? Buffer.from("late") : null;
    });
    expect(readCell(cell)).toBeNull();
    expect(text(readCell({ ...cell, folder: moved }))).toBe("one");
  });
});

describe("seals", () => {
  test("give back what was sealed, in its place and nowhere else", () => {
    const seals = [encryptingSeal(randomBytes(32)), checksumSeal];
    fc.assert(
      fc.property(fc.uint8Array(), fc.string(), fc.string(), (value, place, other) => {
        for (const seal of seals) {
          const sealed = seal.seal(value, place);
          expect(seal.open(sealed, place)).toEqual(Buffer.from(value));
          if (other !== place) expect(seal.open(sealed, other)).toBeNull();
        }
      }),
    );
  });

  test("do not open when any bit is changed or any byte is missing", () => {
    for (const seal of [encryptingSeal(randomBytes(32)), checksumSeal]) {
      const sealed = seal.seal(Buffer.from("value"), "place");
      for (let bit = 0; bit < sealed.length * 8; bit++) {
        const altered = Buffer.from(sealed);
        altered[bit >> 3] = (altered[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        expect(seal.open(altered, "place")).toBeNull();
      }
      for (let length = 0; length < sealed.length; length++)
        expect(seal.open(sealed.subarray(0, length), "place")).toBeNull();
    }
  });

  test("never look the same twice", () => {
    const key = randomBytes(32);
    expect(
      encrypt(key, Buffer.from("same"), "x").equals(encrypt(key, Buffer.from("same"), "x")),
    ).toBe(false);
    expect(decrypt(key, Buffer.alloc(10), "x")).toBeNull();
  });

  test("write no plaintext", () => {
    const cell = newCell();
    write(cell, "very secret words");
    mkdirSync(cell.folder, { recursive: true });
    expect(readFileSync(join(cell.folder, "1")).includes("secret")).toBe(false);
  });
});
