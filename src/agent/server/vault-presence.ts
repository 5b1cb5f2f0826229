import { statSync } from "node:fs";
import { performance } from "node:perf_hooks";
import { headerCell, type VaultLayout } from "#vault/cells/layout.ts";
import { readHeader } from "#vault/keys/header.ts";

/** How long one look is good, in milliseconds: an agent is asked many times in one. */
const LOOK_MS = 1;

/**
 * Whether the vault that an agent holds is still on the disk: its home may be removed, or another
 * vault put in its place.
 */
export class VaultPresence {
  readonly #layout: VaultLayout;
  #lookedAt = Number.NEGATIVE_INFINITY;
  /** The folder of the header when it was last read, as the file system tells one from another. */
  #known = "";
  #isHere = true;

  constructor(layout: VaultLayout) {
    this.#layout = layout;
  }

  /** Must be asked before every answer. Once false, it stays false. */
  get isHere(): boolean {
    const now = performance.now();
    if (!this.#isHere || now - this.#lookedAt < LOOK_MS) return this.#isHere;
    this.#lookedAt = now;
    this.#isHere = this.#look();
    return this.#isHere;
  }

  /** {@link isHere} by the header itself, for file systems whose times are coarse. */
  lookAgain(): boolean {
    this.#known = "";
    this.#lookedAt = Number.NEGATIVE_INFINITY;
    return this.isHere;
  }

  #look(): boolean {
    try {
      const folder = statSync(headerCell(this.#layout.home).folder, { throwIfNoEntry: false });
      if (!folder) return false;
      const seen = `${folder.dev}/${folder.ino}/${folder.mtimeMs}`;
      if (seen === this.#known) return true;
      const isSame = readHeader(this.#layout.home)?.id === this.#layout.vaultId;
      this.#known = seen;
      return isSame;
    } catch {
      // a header that cannot be read is no other vault; whoever needs it says what is wrong with it
      return true;
    }
  }
}
