import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { VaultPresence } from "#agent/server/vault-presence.ts";
import { headerCell } from "#vault/cells/layout.ts";
import { createHeader, newVaultId } from "#vault/keys/header.ts";

function home(vaultId: string): string {
  const folder = mkdtempSync(join(tmpdir(), "fob-presence-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  createHeader(folder, { id: vaultId, keychain: "file", slots: [] });
  return folder;
}

const replaceHeader = (at: string, by: string | null) => {
  const { folder } = headerCell(at);
  rmSync(folder, { recursive: true });
  if (by !== null) cpSync(headerCell(by).folder, folder, { recursive: true });
};

test("a vault is here as long as its header is, and no other's in its place", () => {
  const vaultId = newVaultId();
  const [ours, others, gone] = [home(vaultId), home(vaultId), home(vaultId)];
  const presences = [ours, others, gone].map((at) => new VaultPresence({ home: at, vaultId }));
  expect(presences.map((one) => one.lookAgain())).toEqual([true, true, true]);
  replaceHeader(others, home(newVaultId()));
  replaceHeader(gone, null);
  expect(presences.map((one) => one.lookAgain())).toEqual([true, false, false]);
  // what was gone once may have been another's for a while
  replaceHeader(others, ours);
  expect(presences.map((one) => one.lookAgain())).toEqual([true, false, false]);
});
