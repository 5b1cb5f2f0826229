import {
  appendFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setImmediate as nextTurn } from "node:timers/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { lastUsesFile, type VaultLayout } from "#vault/cells/layout.ts";
import { lastUses, touch, useNotes } from "#vault/tokens/last-uses.ts";

const [ONE, OTHER] = ["0011223344556677", "8899aabbccddeeff"];
const EARLY = new Date("2026-01-01T00:00:00.001Z");
const LATE = new Date("2026-11-24T12:00:00.999Z");

let layout: VaultLayout;

beforeEach(() => {
  layout = { home: mkdtempSync(join(tmpdir(), "fob-uses-")), vaultId: "test" };
  mkdirSync(join(layout.home, "vault"));
});

afterEach(() => rmSync(layout.home, { recursive: true }));

test("every token has its last use, to the millisecond, in a file of 16 bytes for each", () => {
  touch({ layout }, [ONE], EARLY);
  touch({ layout }, [OTHER], EARLY);
  touch({ layout }, [ONE], LATE);
  const uses = lastUses({ layout });
  expect([ONE, OTHER, ONE].map((id) => uses.of(id))).toEqual([LATE, EARLY, LATE]);
  const { size, mode } = statSync(lastUsesFile(layout));
  expect({ size, mode: mode & 0o777 }).toEqual({ size: 32, mode: 0o600 });
});

test("a token that was noted by two processes at once has every later use, too", () => {
  touch({ layout }, [ONE], EARLY);
  appendFileSync(lastUsesFile(layout), readFileSync(lastUsesFile(layout)));
  touch({ layout }, [ONE], LATE);
  expect(lastUses({ layout }).of(ONE)).toEqual(LATE);
});

test("what is used in one turn is written in one go, with its last time, and what is used later after that", async () => {
  const note = useNotes({ layout });
  note(ONE, EARLY);
  note(OTHER, LATE);
  note(ONE, LATE);
  expect(existsSync(lastUsesFile(layout))).toBe(false);
  await nextTurn();
  expect([ONE, OTHER].map((id) => lastUses({ layout }).of(id))).toEqual([LATE, LATE]);
  note(ONE, EARLY);
  await nextTurn();
  expect([ONE, OTHER].map((id) => lastUses({ layout }).of(id))).toEqual([EARLY, LATE]);
});

test("an id whose bytes lie across two other entries is another token", () => {
  touch({ layout }, [ONE], EARLY);
  const across = readFileSync(lastUsesFile(layout)).toString("hex", 4, 12);
  touch({ layout }, [across], LATE);
  const uses = lastUses({ layout });
  expect([across, ONE].map((id) => uses.of(id))).toEqual([LATE, EARLY]);
});

test.each([50, 2_000])(
  "%i tokens that are used at once are noted at once, in any order, and those between them left alone",
  (count) => {
    // half of them begin alike
    const ids = Array.from(
      { length: count },
      (_, i) => `${i % 2}`.repeat(8) + i.toString(16).padStart(8, "0"),
    );
    touch({ layout }, [...ids.slice(0, 10), ONE, ...ids.slice(10, count / 2)], EARLY);
    touch({ layout }, ids.toReversed(), LATE);
    expect(statSync(lastUsesFile(layout)).size).toBe((count + 1) * 16);
    const uses = lastUses({ layout });
    expect(uses.of(ONE)).toEqual(EARLY);
    expect(ids.map((id) => uses.of(id))).toEqual(Array(count).fill(LATE));
    expect(uses.of(OTHER)).toBeNull();
  },
);

test("a file that was cut goes on where its whole entries end", () => {
  touch({ layout }, [ONE], EARLY);
  appendFileSync(lastUsesFile(layout), "torn");
  touch({ layout }, [OTHER], LATE);
  expect(lastUses({ layout }).of(OTHER)).toEqual(LATE);
  expect(statSync(lastUsesFile(layout)).size).toBe(32);
});

test.each([
  ["overwritten", Buffer.alloc(160, 0xff)],
  ["endless", Buffer.alloc(2 ** 24 + 16)],
])("a file that was %s tells nothing, and is no failure", (_, bytes) => {
  writeFileSync(lastUsesFile(layout), bytes);
  expect([ONE, "f".repeat(16), "0".repeat(16)].map((id) => lastUses({ layout }).of(id))).toEqual([
    null,
    null,
    null,
  ]);
  touch({ layout }, [ONE], EARLY);
});

test("a folder that is not there is no failure", () => {
  rmSync(join(layout.home, "vault"), { recursive: true });
  touch({ layout }, [ONE], EARLY);
  expect(lastUses({ layout }).of(ONE)).toBeNull();
});
