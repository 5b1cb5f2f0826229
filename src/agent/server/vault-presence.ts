import { statSync } from "node:fs";
import { performance } from "node:perf_hooks";
import { headerCell, type VaultLayout } from "#vault/cells/layout.ts";
import { readHeader } from "#vault/keys/header.ts";

/** How long one check is valid, in milliseconds: an agent gets many requests in that time. */
const LOOK_MS = 1;

/**
 * Whether the vault that an agent holds is still on disk: its home may be removed or replaced by
 * another vault.
 */
export class VaultPresence {
  readonly #layout: VaultLayout;
  #lookedAt = Number.NEGATIVE_INFINITY;
  /**
   * The identity of the header's folder, as the file system reports it, when the header was last
   * read.
   */
  #known = "";
  #isHere = true;

  constructor(layout: VaultLayout) {
    this.#layout = layout;
  }

  /** Must be checked before every answer. Once false, it stays false. */
  get isHere(): boolean {
    const now = performance.now();
    if (!this.#isHere || now - this.#lookedAt < LOOK_MS) return this.#isHere;
    this.#lookedAt = now;
    this.#isHere = this.#look();
    return this.#isHere;
  }

  /** Like {@link isHere}, but reads the header, for file systems with coarse times. */
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
      // an unreadable header is not another vault; later use reports the error
      return true;
    }
  }
}
