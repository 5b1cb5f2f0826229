import {
  closeSync,
  constants,
  fstatSync,
  mkdirSync,
  readdirSync,
  readSync,
  rmSync,
  writeSync,
} from "node:fs";
import { join } from "node:path";
import { refuseForeignHome } from "#base/home-owner.ts";
import { openRegular } from "#base/open-regular.ts";
import { accessLogFolder, type VaultLayout } from "#vault/cells/layout.ts";
import type { Vault } from "#vault/vault.ts";
import type { LoggedUse } from "./use.ts";
import { ENTRY_BYTES, ENTRY_START, logKey, openUse, sealUse } from "./use-sealing.ts";

/** How many uses are shown; at least as many are kept. */
export const MAX_USES = 1_000;

/** A file with as many entries gets no more, in the usual case. */
const FILE_ENTRIES = 250;
const FILE_BYTES = FILE_ENTRIES * ENTRY_BYTES;

/** How many files are kept: the newest one may have a single entry. */
const FILES = 1 + MAX_USES / FILE_ENTRIES;

/** A longer file is not from fob. */
const MAX_BYTES = 16 * FILE_BYTES;

/** How often a writer begins again whose file was removed while it wrote. */
const MAX_ROUNDS = 100;

const FILE_NAME = /^[1-9]\d{0,8}$/;

/**
 * Appends uses to the log of a vault, sealed to its public key. Not durably, and a failure is
 * ignored: the passcodes matter more.
 */
export function appendUses(
  layout: VaultLayout,
  publicKey: Buffer,
  uses: readonly LoggedUse[],
): void {
  try {
    refuseForeignHome(layout.home);
    append(layout, Buffer.concat(uses.map((use) => sealUse(publicKey, layout.vaultId, use))));
  } catch {
    // a log that cannot be written stops nothing
  }
}

/** The newest uses, the newest first, and how many entries cannot be read. */
export interface ReadUses {
  readonly uses: readonly LoggedUse[];
  readonly damaged: number;
}

/** Reads the log of an open vault. Uses that a newer fob wrote are left out. */
export function readUses(vault: Pick<Vault, "layout" | "vaultKey">): ReadUses {
  const open = opener(vault);
  const read = numbersIn(vault.layout).map((number) => sort(readWhole(vault.layout, number), open));
  // a writer that found its file gone has written the same entry again
  const entries = new Map(
    read.flatMap(({ opened }) =>
      opened.map(({ entry, use }) => [entry.toString("latin1"), use] as const),
    ),
  );
  const uses = [...entries.values()];
  return {
    uses: uses
      .filter((use) => use !== "newer")
      .sort((one, other) => other.last.getTime() - one.last.getTime())
      .slice(0, MAX_USES),
    damaged: read.reduce((sum, { damaged }) => sum + damaged, 0),
  };
}

/**
 * Removes what cannot be read: the good entries of a damaged file are appended again, and the file
 * is removed.
 */
export function mendUses(vault: Pick<Vault, "layout" | "vaultKey">): void {
  const { layout } = vault;
  const open = opener(vault);
  for (const number of numbersIn(layout)) {
    const opened = openRegular(fileOf(layout, number));
    try {
      const before = opened ? readAll(opened.file, 0) : Buffer.alloc(0);
      const { opened: good, damaged } = sort(before, open);
      if (opened && damaged === 0) continue;
      rmSync(fileOf(layout, number), { recursive: true, force: true });
      append(layout, Buffer.concat(good.map(({ entry }) => entry)));
      // what others wrote before they saw that the file is gone
      const late = opened ? readAll(opened.file, before.length) : Buffer.alloc(0);
      append(layout, Buffer.concat(sort(late, open).opened.map(({ entry }) => entry)));
    } finally {
      if (opened) closeSync(opened.file);
    }
  }
}

/** Appends whole entries in one write, so that those of several processes do not mix. */
function append(layout: VaultLayout, entries: Buffer): void {
  if (entries.length === 0) return;
  makeFolder(layout);
  for (let round = 0; round < MAX_ROUNDS; round++) if (tryAppend(layout, entries)) return;
}

/** In a vault that is there: one that was removed does not come back. */
function makeFolder(layout: VaultLayout): void {
  try {
    mkdirSync(accessLogFolder(layout), { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
  }
}

/** False where the file was removed meanwhile, as an old one. */
function tryAppend(layout: VaultLayout, entries: Buffer): boolean {
  const numbers = numbersIn(layout);
  const newest = numbers.at(-1) ?? 1;
  const opened = openToAppend(layout, newest) ?? openToAppend(layout, newest + 1);
  if (!opened) return true;
  try {
    writeSync(opened.file, entries);
    for (const old of numbers.filter((number) => number <= opened.number - FILES))
      rmSync(fileOf(layout, old), { recursive: true, force: true });
    return fstatSync(opened.file).nlink > 0;
  } finally {
    closeSync(opened.file);
  }
}

/** Null for a file that is full, ends within an entry, or is no file. */
function openToAppend(layout: VaultLayout, number: number) {
  const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT;
  const opened = openRegular(fileOf(layout, number), flags);
  if (!opened) return null;
  const { file, stats } = opened;
  if (stats.size < FILE_BYTES && stats.size % ENTRY_BYTES === 0) return { file, number };
  closeSync(file);
  return null;
}

interface Opened {
  readonly entry: Buffer;
  readonly use: LoggedUse | "newer";
}

type Open = (entry: Buffer) => LoggedUse | "newer" | null;

function opener({ layout, vaultKey }: Pick<Vault, "layout" | "vaultKey">): Open {
  const key = logKey(vaultKey, layout.vaultId);
  return (entry) => openUse(key, layout.vaultId, entry);
}

/** The entries that can be read, and how many places cannot. */
function sort(bytes: Buffer, open: Open) {
  const opened: Opened[] = [];
  let damaged = 0;
  for (let at = 0; at < bytes.length; ) {
    const entry = bytes.subarray(at, at + ENTRY_BYTES);
    const isEntry = entry.length === ENTRY_BYTES && entry.indexOf(ENTRY_START) === 0;
    const use = isEntry ? open(entry) : null;
    if (use !== null) opened.push({ entry, use });
    else damaged++;
    const next = bytes.indexOf(ENTRY_START, at + (use === null ? 1 : ENTRY_BYTES));
    // bytes between two entries are damage as well
    if (use !== null && next !== at + ENTRY_BYTES && at + ENTRY_BYTES < bytes.length) damaged++;
    at = next < 0 ? bytes.length : next;
  }
  return { opened, damaged };
}

/** The numbers of the files, the oldest first. */
function numbersIn(layout: VaultLayout): number[] {
  return namesIn(layout)
    .filter((name) => FILE_NAME.test(name))
    .map(Number)
    .sort((one, other) => one - other);
}

function namesIn(layout: VaultLayout): string[] {
  try {
    return readdirSync(accessLogFolder(layout));
  } catch {
    // nothing was logged yet, or it is no folder
    return [];
  }
}

/** A single byte where there is no file that can be read: that is one damage. */
function readWhole(layout: VaultLayout, number: number): Buffer {
  try {
    const opened = openRegular(fileOf(layout, number));
    if (!opened) return Buffer.alloc(1);
    try {
      return readAll(opened.file, 0);
    } finally {
      closeSync(opened.file);
    }
  } catch (error) {
    // removed meanwhile, as an old one
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return Buffer.alloc(0);
    return Buffer.alloc(1);
  }
}

function readAll(file: number, from: number): Buffer {
  const { size } = fstatSync(file);
  const bytes = Buffer.alloc(Math.max(0, Math.min(size, MAX_BYTES) - from));
  return bytes.subarray(0, readSync(file, bytes, 0, bytes.length, from));
}

function fileOf(layout: VaultLayout, number: number): string {
  return join(accessLogFolder(layout), String(number));
}
