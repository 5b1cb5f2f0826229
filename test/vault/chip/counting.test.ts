import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeEach, expect, onTestFinished, test } from "vitest";
import { FobError } from "#base/fob-error.ts";
import { lifeOf, thisProcess } from "#base/process-identity.ts";
import { tpmChip } from "#platform/hardware/chip.ts";
import type { Chip } from "#vault/chip/chip.ts";
import { moveCounter, takeCount } from "#vault/chip/counting.ts";
import { countInChip, holdSecret } from "#vault/chip/holding.ts";
import { newVaultId } from "#vault/keys/header.ts";
import { newKey } from "#vault/keys/keys.ts";
import { addTokens } from "#vault/tokens/adding.ts";
import { eventBased } from "#vault/tokens/passcodes.ts";
import { DAY } from "#vault/trash/calendar.ts";
import { removeToken } from "#vault/trash/removal.ts";
import { emptyTrashQuietly } from "#vault/trash/trash.ts";
import { Vault } from "#vault/vault.ts";
import { EMULATOR, startEmulator } from "../../platform/hardware/emulator.ts";
import { describeWith } from "../../requires.ts";
import { addAtOnce } from "../add-at-once.ts";

const START = new Date("2026-01-01T00:00:00Z");
const CREDENTIAL = {
  kind: "hotp",
  algorithm: "SHA1",
  digits: 6,
  alphabet: "decimal",
  counter: 7n,
} as const;

const ACME = {
  ...({ name: "ACME", issuer: null, account: null, serial: null } as const),
  ...({ format: "test", pin: "none", credential: CREDENTIAL } as const),
};

let chip: Chip;
let vault: Vault;
let id: string;

beforeEach(async () => {
  const home = mkdtempSync(join(tmpdir(), "fob-counting-"));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  chip = tpmChip((await startEmulator()).env);
  vault = new Vault({ home, vaultId: newVaultId() }, newKey(), false, chip);
  const secret = newKey();
  [{ id } = { id: "" }] = addAtOnce(vault, [{ ...ACME, secret }], START);
  const held = await holdSecret(vault, vault.read(id), secret, { counts: false });
  const counted = await countInChip(vault, held);
  vault.update(id, () => counted);
});

/** Sets the vault's counter without the chip, as a fob does that knows no such counters. */
function countWithoutChip(counter: bigint): void {
  vault.update(id, (record) => ({
    ...record,
    token: { ...record.token, credential: { ...CREDENTIAL, counter } },
  }));
}

const take = () => takeCount(vault, () => chip, vault.read(id), eventBased);

describeWith(EMULATOR, "a token that a chip counts for", () => {
  test("goes on at the chip's counter where the vault's is behind", async () => {
    expect([await take(), await take()]).toEqual([7n, 8n]);
    countWithoutChip(7n);
    expect(await take()).toBe(9n);
    expect(eventBased(vault.read(id)).counter).toBe(10n);
  });

  test.each([12n, 5_000n])(
    "goes on at the vault's counter %i where that is ahead",
    async (ahead) => {
      countWithoutChip(ahead);
      expect([await take(), await take()]).toEqual([ahead, ahead + 1n]);
      expect(await chip.countersOf(vault.layout.vaultId)).toHaveLength(1);
    },
  );

  test("leaves no counter in the chip that no record names", async () => {
    const counters = () => chip.countersOf(vault.layout.vaultId);
    const before = await counters();
    const fullDisk = {
      layout: vault.layout,
      read: (one: string) => vault.read(one),
      update: () => {
        throw new FobError("unavailable", "the disk is full");
      },
    };
    await expect(moveCounter(fullDisk, chip, vault.read(id), 5_000n)).rejects.toThrow("full");
    expect(await counters()).toEqual(before);
    let looks = 0;
    const adding = addTokens(
      vault,
      [{ ...ACME, name: "second", secret: newKey(), hold: { by: "tpm", counts: true } }],
      {
        ...{ now: START, processes: { own: thisProcess, lifeOf } },
        look: async () => {
          looks++;
          if (looks > 1) throw new FobError("interrupted", "stopped");
        },
      },
    );
    await expect(adding).rejects.toThrow("stopped");
    expect([looks, await counters()]).toEqual([2, before]);
    expect(vault.entries()).toHaveLength(1);
  });

  test("takes its counter out of the chip when it is deleted, and not when it is removed", async () => {
    removeToken(vault, id, START);
    const left: number[] = [];
    for (const days of [10, 20, 29, 31]) {
      await emptyTrashQuietly(vault, new Date(START.getTime() + days * DAY));
      left.push((await chip.countersOf(vault.layout.vaultId)).length);
    }
    expect(left).toEqual([1, 1, 1, 0]);
  });
});
