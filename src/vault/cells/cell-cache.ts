import { statSync } from "node:fs";
import { isSettled } from "#base/file-age.ts";
import type { Cell } from "./cell.ts";

interface Kept<T> {
  /** The modification time of the cell's folder; every write changes it. */
  readonly changed: number;
  readonly value: T;
}

/**
 * Caches values of cells by their folders. A cell is read again only when its folder has changed on
 * disk, by any process.
 */
export class CellCache<T> {
  readonly #kept = new Map<string, Kept<T>>();

  /** The cached value of a cell, or else `read()`. */
  value({ folder }: Cell, read: () => T): T {
    // taken before the read: a write in between is noticed at the next call
    const changed = statSync(folder, { throwIfNoEntry: false })?.mtimeMs;
    const kept = this.#kept.get(folder);
    if (kept && kept.changed === changed) return kept.value;
    this.#kept.delete(folder);
    const value = read();
    if (changed !== undefined && isSettled(changed)) this.#kept.set(folder, { changed, value });
    return value;
  }

  /** Whether a value is the cached one of a cell. */
  has({ folder }: Cell, value: T): boolean {
    return this.#kept.get(folder)?.value === value;
  }
}
