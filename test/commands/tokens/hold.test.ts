import { expect, test } from "vitest";
import type { Context } from "#cli/context.ts";
import { hold } from "#commands/tokens/hold.ts";
import { USER_PIN_POLICY } from "#token/pin-policy.ts";
import type { Chip, HeldKey } from "#vault/chip/chip.ts";
import { setTokenPin } from "#vault/pins/token-pin.ts";
import { unguardedSecretKey } from "#vault/tokens/token-record.ts";
import { Vault } from "#vault/vault.ts";
import { answering, stage } from "../stage.ts";

const KEY: HeldKey = { parent: "", publicArea: "", privateArea: "b3Vycw==", algorithm: "SHA1" };
const OF_OTHERS: HeldKey = { ...KEY, privateArea: "dGhlaXJz" };

/** An event-based token, and a chip that takes so long that `meanwhile` is done before it is. */
async function slowChip(meanwhile: (vault: Vault, id: string) => unknown) {
  const { access, vault: whole, add } = await stage();
  const { id } = add("vpn");
  const removed: number[] = [];
  const chip = {
    reach: async () => undefined,
    holdSecret: async () => {
      await meanwhile(vault, id);
      return KEY;
    },
    makeCounter: async () => {
      await meanwhile(vault, id);
      return { parent: "", publicArea: Buffer.alloc(14).toString("base64"), auth: "", value: 1n };
    },
    removeCounter: async (index: number) => void removed.push(index),
  } as unknown as Chip;
  const vault: Vault = new Vault(whole.layout, whole.vaultKey, false, chip);
  const context = {
    ...{ access: { ...access, chip }, findVault: async () => vault, pinPrompt: answering() },
    prompt: { available: false },
  } as unknown as Context;
  const run = (counter?: "tpm") =>
    hold.run({ name: "vpn", chip: "tpm", yes: true, counter }, context);
  return { vault, id, run, removed };
}

test("a token that gets a PIN meanwhile does not go into the chip without it", async () => {
  const { vault, id, run } = await slowChip(async (opened, one) => {
    const record = opened.read(one);
    const pin = {
      ...{ pin: Buffer.from("83517"), policy: USER_PIN_POLICY },
      ...{ setAt: new Date(0), isOwn: true },
    };
    await setTokenPin(opened, record, unguardedSecretKey(record, opened.vaultKey), pin);
  });
  await expect(run()).rejects.toMatchObject({
    code: "denied",
    message: "the PIN of vpn was changed by another process",
  });
  const { held, guard, sealedSecret } = vault.read(id);
  expect({ held, isGuarded: guard !== null, isSealed: sealedSecret !== "" }).toEqual({
    ...{ held: null, isGuarded: true, isSealed: true },
  });
});

test("a token whose key in the chip is another one meanwhile gets no counter, and the chip keeps none", async () => {
  const { vault, id, run, removed } = await slowChip((opened, one) => {
    opened.update(one, (record) => ({ ...record, held: OF_OTHERS }));
  });
  vault.update(id, (record) => ({ ...record, held: KEY }));
  await expect(run("tpm")).rejects.toMatchObject({
    code: "denied",
    message: "vpn was changed by another process",
  });
  expect(vault.read(id).held).toEqual(OF_OTHERS);
  expect(removed).toHaveLength(1);
});
