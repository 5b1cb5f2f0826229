import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { ClientUses } from "#agent/server/client-uses.ts";
import { UseNotes } from "#agent/server/use-notes.ts";
import type { LoggedUse } from "#vault/uses/use.ts";

beforeEach(() => void vi.useFakeTimers({ now: 1_800_000_000_000 }));
afterEach(() => void vi.useRealTimers());

const VPN = { id: "1", name: "vpn" };
const USE = {
  token: VPN,
  purpose: "code",
  grant: null,
  isAllowed: true,
  isAsked: false,
} as const;

function notes() {
  const written: LoggedUse[] = [];
  const uses = new UseNotes(
    (some) => written.push(...some),
    () => new Date(),
  );
  const counts = () => written.map(({ program, times }) => [program, times]);
  return { uses, written, counts };
}

test("a program that asks a thousand times gives two entries in ten minutes", () => {
  const { uses, written, counts } = notes();
  for (let i = 0; i < 1_000; i++) {
    uses.note(USE, "nc");
    vi.advanceTimersByTime(500);
  }
  expect(counts()).toEqual([["nc", 2]]);
  vi.advanceTimersByTime(200_000);
  expect(counts()).toEqual([
    ["nc", 2],
    ["nc", 998],
  ]);
  expect(written[1]?.last.getTime()).toBe(1_800_000_000_000 + 999 * 500);
});

test("what is new is written within a second, and everything when the agent ends", () => {
  const { uses, counts } = notes();
  uses.note(USE, "nc");
  uses.note({ ...USE, isAllowed: false }, "nc");
  uses.note(USE, "python3");
  expect(counts()).toEqual([]);
  vi.advanceTimersByTime(1_000);
  expect(counts()).toHaveLength(3);
  uses.note(USE, "nc");
  vi.advanceTimersByTime(60_000);
  expect(counts()).toHaveLength(3);
  uses.flush();
  expect(counts().at(-1)).toEqual(["nc", 1]);
});

test("programs without number keep the memory bounded, and none is lost", () => {
  const { uses, counts } = notes();
  for (let i = 0; i < 1_000; i++) uses.note(USE, `program ${i}`);
  uses.flush();
  expect(new Set(counts().map(([program]) => program)).size).toBe(1_000);
});

/** A client whose name is found, and how often it was looked for. */
function client(name: string | null = "python3") {
  const { uses, counts, written } = notes();
  let looked = 0;
  const one = new ClientUses(uses, {
    known: () => undefined,
    find: async () => {
      looked++;
      return name;
    },
    ofFob: (pid) => (pid === 7 ? "fob" : null),
    tokenCalled: (called) => (called === "vpn" ? VPN : null),
  });
  return { one, uses, counts, written, looked: () => looked };
}

test("a client that stays is looked for once, and named", async () => {
  const { one, uses, counts, looked } = client();
  for (let i = 0; i < 5; i++) {
    one.noteAtOnce("vpn");
    await vi.advanceTimersByTimeAsync(200);
  }
  uses.flush();
  expect(looked()).toBe(1);
  expect(counts().reduce((sum, [, times]) => sum + Number(times), 0)).toBe(5);
  expect(new Set(counts().map(([program]) => program))).toEqual(new Set(["python3"]));
});

test("one that has gone at once is not looked for, and its use is in the log", async () => {
  const { one, uses, counts, looked } = client();
  one.note(USE);
  one.leave();
  await vi.advanceTimersByTimeAsync(1_000);
  uses.flush();
  expect(looked()).toBe(0);
  expect(counts()).toEqual([[null, 1]]);
});

test("fob is named by what it says, and another program that says so is not", async () => {
  const { one, uses, counts } = client();
  one.note(USE, 7);
  one.leave();
  const other = client(null);
  other.one.note(USE, 8);
  other.one.leave();
  uses.flush();
  other.uses.flush();
  expect(counts()).toEqual([["fob", 1]]);
  expect(other.counts()).toEqual([[null, 1]]);
});
