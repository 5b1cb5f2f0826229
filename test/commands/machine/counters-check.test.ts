import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { checkCounters } from "#commands/machine/counters-check.ts";
import { tpmChip } from "#platform/hardware/chip.ts";
import { countInChip, holdSecret } from "#vault/chip/holding.ts";
import { newVaultId } from "#vault/keys/header.ts";
import { newKey } from "#vault/keys/keys.ts";
import { Vault } from "#vault/vault.ts";
import { EMULATOR, startEmulator } from "../../platform/hardware/emulator.ts";
import { describeWith } from "../../requires.ts";
import { addAtOnce, PLAIN } from "../../vault/add-at-once.ts";
import { HOTP } from "../stage.ts";

describeWith(EMULATOR, "the counters of the TPM", () => {
  test("of a token that is being held at this moment are not taken for left-over ones", async () => {
    const home = mkdtempSync(join(tmpdir(), "fob-counters-"));
    onTestFinished(() => rmSync(home, { recursive: true, force: true }));
    const chip = tpmChip((await startEmulator()).env);
    const vault = new Vault({ home, vaultId: newVaultId() }, newKey(), false, chip);
    const secret = newKey();
    const [{ id } = { id: "" }] = addAtOnce(
      vault,
      [{ name: "ACME", ...PLAIN, credential: HOTP, secret }],
      new Date(0),
    );
    const held = await holdSecret(vault, vault.read(id), secret, { counts: false });
    // the chip has the counter, and the record does not name it yet
    const counted = await countInChip(vault, held);
    const check = (pause: () => void) =>
      checkCounters(vault, [], { repair: true, pause: async () => pause() });
    expect(await check(() => vault.update(id, () => counted))).toMatchObject([
      { status: "warning" },
    ]);
    expect(await chip.countersOf(vault.layout.vaultId)).toHaveLength(1);
    vault.update(id, () => held);
    expect(await check(() => undefined)).toMatchObject([{ status: "ok" }]);
    expect(await chip.countersOf(vault.layout.vaultId)).toEqual([]);
  });
});
