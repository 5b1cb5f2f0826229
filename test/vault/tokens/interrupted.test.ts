import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { examineVault } from "#vault/checkup.ts";
import { newVaultId } from "#vault/keys/header.ts";
import { newKey } from "#vault/keys/keys.ts";
import { addTokens } from "#vault/tokens/adding.ts";
import { beginBatch, finishBatch, type Processes } from "#vault/tokens/batch.ts";
import { finishInterrupted } from "#vault/tokens/interrupted.ts";
import { Vault } from "#vault/vault.ts";
import { PLAIN } from "../add-at-once.ts";

const NOW = new Date("2026-01-01T00:00:00Z");

const ALL_RUN: Processes = {
  own: () => ({ pid: 1, started: "1", place: "here" }),
  lifeOf: () => "running",
};

/** A vault with one token, and with another process that is adding tokens. */
async function busyVault() {
  const home = mkdtempSync(join(tmpdir(), "fob-interrupted-"));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  const vault = new Vault({ home, vaultId: newVaultId() }, newKey(), false);
  const [token] = await addTokens(
    vault,
    [{ name: "A", ...PLAIN, credential: { kind: "motp" }, secret: Buffer.alloc(20, 1) }],
    { now: NOW, processes: ALL_RUN, look: async () => undefined },
  );
  beginBatch(vault, { adds: [], removes: [], at: NOW }, ALL_RUN);
  return { vault, id: token?.id ?? "" };
}

/** Does something once, while a search for unlisted tokens looks at the batches. */
function whileLooking(work: () => void): Processes {
  let looks = 0;
  return {
    ...ALL_RUN,
    lifeOf: () => {
      if (++looks === 2) work();
      return "running";
    },
  };
}

/** Takes a token out of the list, and moves its folder if `isDone`. */
function replace(vault: Vault, id: string, isDone: boolean): void {
  const batch = beginBatch(vault, { adds: [], removes: [id], at: NOW }, ALL_RUN);
  vault.dropFromIndex(id);
  if (isDone) finishBatch(vault, batch);
}

test.each([false, true])(
  "a token that another process replaces meanwhile does not come back (moved already: %s)",
  async (isDone) => {
    const { vault, id } = await busyVault();
    finishInterrupted(
      vault,
      whileLooking(() => replace(vault, id, isDone)),
    );
    expect(vault.listed()).toEqual([]);
  },
);

test("nor is it one that doctor would list", async () => {
  const { vault, id } = await busyVault();
  let isGone = false;
  const processes: Processes = {
    ...ALL_RUN,
    lifeOf: () => {
      if (!isGone) replace(vault, id, false);
      isGone = true;
      return "running";
    },
  };
  expect(examineVault(vault, processes).unlisted).toEqual([]);
});
