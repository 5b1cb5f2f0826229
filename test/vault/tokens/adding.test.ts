import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, utimesSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, expect, onTestFinished, test, vi } from "vitest";
import { FobError } from "#base/fob-error.ts";
import type { Token } from "#token/token.ts";
import { codesLeft, noteCodesLeft } from "#vault/belongings/codes-left.ts";
import { lookAtCell } from "#vault/cells/cell.ts";
import { codesLeftCell } from "#vault/cells/layout.ts";
import { examineVault, leftovers, removeLeftovers } from "#vault/checkup.ts";
import { newVaultId } from "#vault/keys/header.ts";
import { newKey } from "#vault/keys/keys.ts";
import { type Adding, addTokens, type NewToken } from "#vault/tokens/adding.ts";
import { batchIds, type Processes, settleBatches, unsettled } from "#vault/tokens/batch.ts";
import { removedTokens } from "#vault/trash/removal.ts";
import { Vault } from "#vault/vault.ts";

const NOW = new Date("2026-01-01T00:00:00Z");
const CREDENTIAL = { kind: "motp" } as const;

/** Ends the work where a process would be killed: nothing after it is done. */
class Killed extends Error {}

function newVault(): Vault {
  const home = mkdtempSync(join(tmpdir(), "fob-adding-"));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  return new Vault({ home, vaultId: newVaultId() }, newKey(), false);
}

function newTokens(...names: readonly string[]): NewToken[] {
  return names.map((name) => ({
    ...{
      name,
      issuer: null,
      account: null,
      serial: null,
      format: "test",
      credential: CREDENTIAL,
      pin: "none" as const,
    },
    secret: Buffer.from(name.padEnd(20, "x")),
  }));
}

/** A process that lives as long as it is not ended. */
function someProcess(pid: number) {
  const alive = { is: true };
  const processes: Processes = {
    own: () => ({ pid, started: "1", place: "here" }),
    lifeOf: (one) => (one.pid !== pid || alive.is ? "running" : "dead"),
  };
  return { processes, end: () => (alive.is = false) };
}

function adding(processes: Processes, more: Partial<Adding> = {}): Adding {
  return { now: NOW, processes, look: async () => undefined, ...more };
}

function folders({ layout }: Vault): string[] {
  return readdirSync(join(layout.home, "vault/tokens"));
}

/** The vault in a process that is killed right after its tokens are listed. */
function dyingOnceListed(vault: Vault): Vault {
  let isDead = false;
  return new Proxy(vault, {
    get(target, name) {
      if (isDead) throw new Killed();
      const value = Reflect.get(target, name);
      if (name !== "updateIndex") return value?.bind?.(target) ?? value;
      return (change: Parameters<Vault["updateIndex"]>[0]) => {
        target.updateIndex(change);
        isDead = true;
      };
    },
  });
}

/** Looks for signals that throws at its nth call. */
function stopAt(n: number, error: Error): () => Promise<void> {
  let calls = 0;
  return async () => {
    calls += 1;
    if (calls === n) throw error;
  };
}

afterEach(() => void vi.useRealTimers());

test("an interrupted addition leaves nothing, whenever it is interrupted", async () => {
  for (let n = 1; n <= 4; n++) {
    const vault = newVault();
    const { processes } = someProcess(1);
    await addTokens(vault, newTokens("old"), adding(processes));
    const look = stopAt(n, new FobError("interrupted", "stop"));
    await expect(
      addTokens(vault, newTokens("a", "b", "c"), adding(processes, { look })),
    ).rejects.toThrow("stop");
    expect(vault.names()).toEqual(["old"]);
    expect(folders(vault)).toHaveLength(1);
    expect(batchIds(vault)).toEqual([]);
  }
});

test("what a process leaves that is gone is taken back by the next, and by no one while it runs", async () => {
  const vault = newVault();
  const { processes, end } = someProcess(1);
  const others = someProcess(2).processes;
  const seen = { processes: { own: others.own, lifeOf: processes.lifeOf } };
  // the process stands still before its last step: its tokens are on the disk
  let resume: () => void = () => undefined;
  const still = new Promise<void>((resolve) => {
    resume = resolve;
  });
  let calls = 0;
  const look = async () => {
    calls += 1;
    if (calls === 4) await still;
  };
  const work = addTokens(vault, newTokens("a", "b", "c"), adding(processes, { look }));
  await new Promise((resolve) => setImmediate(resolve));
  expect(folders(vault)).toHaveLength(3);
  settleBatches(vault, seen.processes);
  expect(folders(vault)).toHaveLength(3);
  expect(examineVault(vault, seen.processes)).toMatchObject({
    unlisted: [],
    cutOff: { abandoned: 0 },
  });
  end();
  expect(unsettled(vault, seen.processes)).toMatchObject({ abandoned: 1, tokens: 3 });
  settleBatches(vault, seen.processes);
  expect(folders(vault)).toEqual([]);
  // it was not dead after all: it must not list what is gone
  resume();
  await expect(work).rejects.toThrow("taken this one for dead");
  expect(vault.names()).toEqual([]);
});

test("a replacement that is cut off replaces all or nothing", async () => {
  const vault = newVault();
  const { processes, end } = someProcess(1);
  const [old] = await addTokens(vault, newTokens("old"), adding(processes));
  const replaced = [old?.id ?? ""];
  const look = stopAt(3, new FobError("interrupted", "stop"));
  await expect(
    addTokens(vault, newTokens("x", "y"), adding(processes, { look, replaced })),
  ).rejects.toThrow("stop");
  expect(vault.names()).toEqual(["old"]);
  expect(removedTokens(vault)).toEqual([]);
  // killed right after the moment of truth: the old token is neither listed nor among the removed
  // ones yet
  const dying = new Proxy(vault, {
    get: (target, name) => {
      if (name !== "updateIndex")
        return Reflect.get(target, name).bind?.(target) ?? Reflect.get(target, name);
      return (change: Parameters<Vault["updateIndex"]>[0]) => {
        target.updateIndex(change);
        throw new Killed();
      };
    },
  });
  const killed = addTokens(dying, newTokens("x", "y"), adding(processes, { replaced }));
  await killed.catch((error: unknown) => expect(error).toBeInstanceOf(Killed));
  end();
  settleBatches(vault, processes);
  expect(vault.names()).toEqual(["x", "y"]);
  expect(removedTokens(vault).map(({ token }) => token.name)).toEqual(["old"]);
  expect(folders(vault)).toHaveLength(2);
  expect(batchIds(vault)).toEqual([]);
});

test("tokens that another process has stored meanwhile are left out, and given back", async () => {
  const vault = newVault();
  const { processes } = someProcess(1);
  const seen = vault.entries();
  const look = async () => {
    if (vault.names().length === 0)
      await addTokens(vault, newTokens("b"), adding(someProcess(2).processes));
  };
  const settleMeanwhile: Adding["settleMeanwhile"] = (meanwhile) => ({
    leftOut: new Set(meanwhile.some(({ name }) => name === "b") ? [1] : []),
    replaced: [],
  });
  const added = await addTokens(
    vault,
    newTokens("a", "b"),
    adding(processes, { look, seen, settleMeanwhile }),
  );
  expect(added.map((token) => token?.name ?? null)).toEqual(["a", null]);
  expect(vault.names()).toEqual(["a", "b"]);
  expect(folders(vault)).toHaveLength(2);
});

test("a token that is replaced before its own process is done stays restorable", async () => {
  const vault = newVault();
  const { processes } = someProcess(1);
  const [old] = await addTokens(vault, newTokens("a"), adding(processes));
  const replacing: Partial<Adding> = {
    replaced: [old?.id ?? ""],
    seen: vault.entries(),
    settleMeanwhile: (meanwhile) => ({
      leftOut: new Set(),
      replaced: meanwhile.map(({ id }) => id),
    }),
  };
  // each begins another one at its own last step, and goes on when that one is done or has been
  // killed after its moment of truth
  const add = async (left: number): Promise<void> => {
    const look = async () => {
      calls += 1;
      if (calls === 2 && left > 0) await add(left - 1);
    };
    let calls = 0;
    await addTokens(vault, newTokens("a"), adding(processes, { ...replacing, look }));
  };
  await add(3);
  expect(vault.entries().map(({ name }) => name)).toEqual(["a"]);
  expect(removedTokens(vault)).toHaveLength(4);
  expect(folders(vault)).toEqual(vault.entries().map(({ id }) => id));
  expect(batchIds(vault)).toEqual([]);
});

test("a process that finds its token replaced leaves it to the one that replaces it", async () => {
  const vault = newVault();
  const first = someProcess(1);
  const other = someProcess(2);
  const processes: Processes = {
    own: first.processes.own,
    lifeOf: (one) => (one.pid === 1 ? first : other).processes.lifeOf(one),
  };
  const die = (error: unknown) => expect(error).toBeInstanceOf(Killed);
  await addTokens(dyingOnceListed(vault), newTokens("a"), adding(first.processes)).catch(die);
  const replaced = vault.entries().map(({ id }) => id);
  const second = { ...adding(other.processes), replaced };
  await addTokens(dyingOnceListed(vault), newTokens("a"), second).catch(die);
  expect(batchIds(vault)).toHaveLength(2);
  first.end();
  settleBatches(vault, processes);
  other.end();
  settleBatches(vault, processes);
  expect(removedTokens(vault).map(({ token }) => token.id)).toEqual(replaced);
  expect(folders(vault)).toHaveLength(1);
  expect(batchIds(vault)).toEqual([]);
});

test("an id that another process is giving at this moment is not given twice", async () => {
  const vault = newVault();
  const [token] = newTokens("a");
  if (!token) throw new Error("there is one");
  const wanted = [{ ...token, id: "0123456789abcdef" }];
  const both = [1, 2].map((pid) => addTokens(vault, wanted, adding(someProcess(pid).processes)));
  const ids = (await Promise.all(both)).flat().map((one) => one?.id);
  expect(new Set(ids).size).toBe(2);
  expect(new Set(vault.entries().map(({ id }) => id))).toEqual(new Set(ids));
});

test("an empty folder of a token is left over once it is older than any command of an older fob", async () => {
  const vault = newVault();
  const { processes } = someProcess(1);
  await addTokens(vault, newTokens("a"), adding(processes));
  const { folder } = vault.tokenCell("0123456789abcdef");
  mkdirSync(folder);
  vi.useFakeTimers({ toFake: ["Date"], now: Math.ceil(statSync(folder).mtimeMs) });
  expect(leftovers(vault, processes).empty).toEqual([]);
  removeLeftovers(vault, processes);
  expect(folders(vault)).toHaveLength(2);
  const before = new Date(Date.now() - 60_000);
  utimesSync(folder, before, before);
  expect(leftovers(vault, processes).empty).toEqual([folder]);
  removeLeftovers(vault, processes);
  expect(folders(vault)).toHaveLength(1);
});

test("the codes that are left of new tokens are noted in one write, whatever others note", async () => {
  const vault = newVault();
  const recoveryCodes = [
    { code: "given", usedAt: NOW.toISOString() },
    { code: "left", usedAt: null },
  ];
  const many = newTokens(...Array.from({ length: 20 }, (_, i) => `token ${i}`));
  const withCodes = many.map((token) => ({ ...token, recoveryCodes }));
  const cell = codesLeftCell(vault.layout);
  const known = (tokens: readonly (Token | null)[]) =>
    new Map(tokens.map((token) => [token?.id ?? "", 1]));
  const first = await addTokens(vault, withCodes, adding(someProcess(1).processes));
  expect(codesLeft(vault.layout)).toEqual(known(first));
  expect(lookAtCell(cell).generations).toEqual([1]);
  const other = first[0]?.id ?? "";
  const step = () => noteCodesLeft(vault.layout, other, 1);
  noteCodesLeft(vault.layout, other, 2);
  const second = await addTokens(vault, withCodes, adding(someProcess(1).processes, { step }));
  expect(codesLeft(vault.layout)).toEqual(known([...first, ...second]));
});

const COUNTING = { kind: "hotp", algorithm: "SHA1", digits: 6, alphabet: "decimal" } as const;

/** Uses a token, whose counter is then this one. */
function use(vault: Vault, id: string, counter: bigint): void {
  vault.update(id, (record) => ({
    ...record,
    token: { ...record.token, credential: { ...COUNTING, counter } },
  }));
}

test.each(["before", "after"] as const)(
  "a token that is used meanwhile, %s another one with its secret is listed in its place, repeats no passcode",
  async (when) => {
    const vault = newVault();
    const { processes } = someProcess(1);
    const tokens = newTokens("ACME").map((token) => ({
      ...token,
      credential: { ...COUNTING, counter: 1n },
    }));
    const [old] = await addTokens(vault, tokens, adding(processes));
    const used = () => use(vault, old?.id ?? "", 7n);
    const watched = when === "before" ? vault : usedOnceListed(vault, used);
    const [token] = await addTokens(watched, tokens, {
      ...adding(processes, { replaced: [old?.id ?? ""] }),
      ...(when === "before" && { step: used }),
    });
    expect(token?.credential).toEqual({ ...COUNTING, counter: 7n });
    expect(vault.read(token?.id ?? "").token.credential).toEqual(token?.credential);
  },
);

/** A vault whose token another process uses right after the index was written. */
function usedOnceListed(vault: Vault, use: () => void): Vault {
  let isListed = false;
  return new Proxy(vault, {
    get(target, name) {
      const value = Reflect.get(target, name);
      if (name !== "updateIndex" || isListed) return value?.bind?.(target) ?? value;
      return (change: Parameters<Vault["updateIndex"]>[0]) => {
        isListed = true;
        target.updateIndex(change);
        use();
      };
    },
  });
}
