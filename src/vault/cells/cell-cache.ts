import { statSync } from "node:fs";
import { isSettled } from "#base/file-age.ts";
import type { Cell } from "./cell.ts";

interface Kept<T> {
  /** The modification time of the cell's folder: every write makes a name in it. */
  readonly changed: number;
  readonly value: T;
}

/**
 * What was read from cells, by their folders: a cell that did not change on disk since is not read
 * again, though other processes write to it all the while.
 */
export class CellCache<T> {
  readonly #kept = new Map<string, Kept<T>>();

  /** The value of a cell: `read()`, unless it gave the value that the cell still has. */
  value({ folder }: Cell, read: () => T): T {
    // looked at before it is read: what is written in between shows at the next look
    const changed = statSync(folder, { throwIfNoEntry: false })?.mtimeMs;
    const kept = this.#kept.get(folder);
    if (kept && kept.changed === changed) return kept.value;
    this.#kept.delete(folder);
    const value = read();
    if (changed !== undefined && isSettled(changed)) this.#kept.set(folder, { changed, value });
    return value;
  }

  /** Whether a value is the one that is kept of a cell. */
  has({ folder }: Cell, value: T): boolean {
    return this.#kept.get(folder)?.value === value;
  }
}
