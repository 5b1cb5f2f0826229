import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { FobError } from "#base/fob-error.ts";
import { fileKeyStore } from "#platform/keychain/file.ts";
import { readHeader } from "#vault/keys/header.ts";
import type { KeychainKind } from "#vault/keys/keychain-kind.ts";
import { createVault } from "#vault/keys/open.ts";
import type { VaultAccess } from "#vault/keys/vault-access.ts";
import { attemptsOfApp, failedAttempts } from "#vault/pins/attempts.ts";

const ATTEMPTS = 10;

function newHome(): string {
  const home = mkdtempSync(join(tmpdir(), "fob-first-"));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  return home;
}

/** Who makes a vault below `home`, has this one passphrase for every question, and a key file. */
function accessOf(
  home: string,
  passphrase: string,
  keychain: KeychainKind | null = null,
): VaultAccess {
  return {
    ...{ home, keychain, recoveryCodes: null },
    keyStore: (_, item) => fileKeyStore(home, item ?? null),
    pinPrompt: {
      interactive: false,
      release: async () => null,
      ask: async ({ refusal }) => {
        if (refusal) throw refusal;
        return Buffer.from(passphrase);
      },
    },
  };
}

function wrongOnes(home: string): number {
  return failedAttempts(attemptsOfApp({ home, vaultId: readHeader(home)?.id ?? "" }), ATTEMPTS);
}

const REFUSED = {
  code: "denied",
  message: "another process has made the vault meanwhile: nothing was changed",
};

describe("a first vault that another process has made meanwhile", () => {
  test("costs none of its attempts, and opens with its own passphrase alone", async () => {
    const home = newHome();
    const passphrases = Array.from(
      { length: ATTEMPTS + 2 },
      (_, i) => `six heavy wooden chairs ${i}`,
    );
    const outcomes = await Promise.allSettled(
      passphrases.map((one) => createVault("none", accessOf(home, one))),
    );
    const winner = outcomes.findIndex(({ status }) => status === "fulfilled");
    const reasons = outcomes.flatMap((outcome) =>
      outcome.status === "rejected" ? [outcome.reason] : [],
    );
    expect(reasons).toHaveLength(passphrases.length - 1);
    for (const reason of reasons) {
      expect(reason).toBeInstanceOf(FobError);
      expect(reason).toMatchObject(REFUSED);
    }
    expect(wrongOnes(home)).toBe(0);
    const same = await createVault("none", accessOf(home, passphrases[winner] ?? ""));
    expect(same).toMatchObject({
      isNew: false,
      vault: { layout: { vaultId: readHeader(home)?.id } },
    });
  });

  test("is not asked for its passphrase by one with a keychain", async () => {
    const home = newHome();
    await createVault("none", accessOf(home, "six heavy wooden chairs"));
    await expect(
      createVault("file", accessOf(home, "four light metal tables")),
    ).rejects.toMatchObject(REFUSED);
    await expect(
      createVault("file", accessOf(home, "four light metal tables", "file")),
    ).rejects.toMatchObject({
      code: "usage",
    });
    expect(wrongOnes(home)).toBe(0);
  });

  test("opens by the keychain for one with a keychain, and not for one with a passphrase", async () => {
    const home = newHome();
    const access = accessOf(home, "six heavy wooden chairs");
    expect((await createVault("file", access)).isNew).toBe(true);
    await expect(createVault("none", access)).rejects.toMatchObject(REFUSED);
  });
});
