import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { FobError } from "#base/fob-error.ts";
import { fileKeyStore } from "#platform/keychain/file.ts";
import { keyFilePath } from "#platform/keychain/key-file.ts";
import { USER_PIN_POLICY } from "#token/pin-policy.ts";
import { enableForApp } from "#vault/keys/biometrics.ts";
import {
  createHeader,
  type Header,
  newVaultId,
  readHeader,
  type Slot,
  updateSlots,
} from "#vault/keys/header.ts";
import { newKey } from "#vault/keys/keys.ts";
import { type OpenedVault, openToChange, type Proof } from "#vault/keys/open.ts";
import { formatRecoveryCode, newRecoveryCode } from "#vault/keys/recovery-code.ts";
import { keychainSlot, pinSlot, recoverySlot, stretchNewPin } from "#vault/keys/slots.ts";
import type { VaultAccess } from "#vault/keys/vault-access.ts";
import { removeAppPin, setAppPin } from "#vault/pins/app-pin.ts";
import { attemptsOfApp, failedAttempts, updateAttempts } from "#vault/pins/attempts.ts";
import { Vault } from "#vault/vault.ts";

const VAULT_ID = newVaultId();
const [VAULT_KEY, KEY] = [newKey(), newKey()];
const CODE = newRecoveryCode();
const LIMIT = USER_PIN_POLICY.attempts;

/** The slot of the app PIN `83517`: stretching a PIN is slow on purpose. */
let guarded: Slot;

beforeAll(async () => {
  const pin = await stretchNewPin(Buffer.from("83517"));
  guarded = pinSlot(VAULT_ID, VAULT_KEY, { key: KEY, item: null }, pin);
});

const UNTOLD = new FobError("locked", "nobody types a PIN here");

/**
 * A vault whose key lies in a file, opened by whoever gives these answers; `slots` says what opens
 * it.
 */
async function bench(slots: readonly Slot[]) {
  const home = mkdtempSync(join(tmpdir(), "fob-app-pin-"));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  await fileKeyStore(home, null).provide(VAULT_ID, KEY);
  const header = createHeader(home, { id: VAULT_ID, keychain: "file", slots: [...slots] });
  const layout = { home, vaultId: VAULT_ID };
  const released: string[] = [];
  const accessOf = (...answers: string[]): VaultAccess => ({
    ...{ home, keychain: null, recoveryCodes: null },
    keyStore: (_, item) => fileKeyStore(home, item ?? null),
    pinPrompt: {
      interactive: false,
      release: ({ item }) => {
        released.push(item);
        return fileKeyStore(home, item).read(VAULT_ID);
      },
      ask: async ({ refusal }) => {
        const answer = answers.shift();
        if (answer === undefined) throw refusal ?? UNTOLD;
        return Buffer.from(answer);
      },
    },
  });
  const openedBy = (proof: Proof): OpenedVault => ({
    ...{ vault: new Vault(layout, Buffer.from(VAULT_KEY), true), header, proof },
  });
  const fail = (times: number) =>
    updateAttempts(attemptsOfApp(layout), LIMIT, (state) => ({ ...state, wrong: times }));
  return { home, layout, header, released, accessOf, openedBy, fail };
}

const unguarded = () => keychainSlot(VAULT_ID, VAULT_KEY, { key: KEY, item: null });
const slotsOf = (header: Header | null) => header?.slots.map(({ type }) => type);
const filesIn = (home: string) => readdirSync(home).sort();

describe("what another process has changed since the vault was opened", () => {
  const ACTS: readonly [string, (opened: OpenedVault, access: VaultAccess) => Promise<unknown>][] =
    [
      ["a new app PIN", (opened, access) => setAppPin(opened, access, Buffer.from("27954"))],
      ["the removal of the app PIN", removeAppPin],
      ["a finger", enableForApp],
    ];

  test.each(ACTS)("is not undone by %s", async (_, act) => {
    const { home, layout, accessOf, openedBy } = await bench([guarded]);
    const opened = openedBy({ kind: "keychain" });
    // a recovery code is new: the same slots but for one
    updateSlots(layout, (slots) => [...slots, recoverySlot(VAULT_ID, VAULT_KEY, CODE)]);
    const there = readHeader(home);
    await expect(act(opened, accessOf())).rejects.toMatchObject({
      code: "denied",
      message: "another process has changed what opens this vault meanwhile: nothing was changed",
    });
    expect(readHeader(home)).toEqual(there);
  });

  test("leaves no new key behind that nobody needs", async () => {
    const { home, layout, accessOf, openedBy } = await bench([guarded]);
    const opened = openedBy({ kind: "recovery" });
    rmSync(keyFilePath(home, null));
    updateSlots(layout, (slots) => [...slots, recoverySlot(VAULT_ID, VAULT_KEY, CODE)]);
    await expect(setAppPin(opened, accessOf(), Buffer.from("27954"))).rejects.toMatchObject({
      code: "denied",
    });
    expect(filesIn(home)).toEqual(["vault"]);
  });

  test("is what the PIN is judged by that was asked for meanwhile", async () => {
    const { layout, accessOf } = await bench([guarded]);
    const access = accessOf();
    const changing = (change: () => void): VaultAccess => ({
      ...access,
      pinPrompt: {
        ...access.pinPrompt,
        ask: async ({ refusal }) => {
          if (refusal) throw refusal;
          change();
          return Buffer.from("83517");
        },
      },
    });
    const item = "key-0123456789abcdef";
    const anotherKey = () => updateSlots(layout, () => [{ ...guarded, keyItem: item } as Slot]);
    await expect(openToChange(changing(anotherKey), { byPin: true })).rejects.toMatchObject({
      code: "denied",
      message: "another process has given this vault another key meanwhile",
    });
    updateSlots(layout, () => [guarded]);
    const noPin = () => updateSlots(layout, () => [unguarded()]);
    await expect(openToChange(changing(noPin), { byPin: true })).rejects.toMatchObject({
      code: "denied",
      message: "the app PIN was removed by another process",
    });
    expect(failedAttempts(attemptsOfApp(layout), LIMIT)).toBe(0);
  });
});

describe("a finger that stands for the app PIN", () => {
  async function touched() {
    const made = await bench([guarded]);
    await enableForApp(made.openedBy({ kind: "keychain" }), made.accessOf());
    return { ...made, open: (byPin = false) => openToChange(made.accessOf(), { byPin }) };
  }

  test("opens the vault until too many wrong PINs have locked it", async () => {
    const { released, fail, open } = await touched();
    fail(LIMIT - 1);
    expect(await open()).toMatchObject({
      proof: { kind: "biometric" },
      vault: { vaultKey: VAULT_KEY },
    });
    expect(released).toEqual(["biometric"]);
    fail(LIMIT);
    await expect(open()).rejects.toBe(UNTOLD);
    expect(released).toHaveLength(1);
  });

  test("is not asked for where the PIN itself is wanted", async () => {
    const { released, open } = await touched();
    await expect(open(true)).rejects.toBe(UNTOLD);
    expect(released).toEqual([]);
  });
});

test("the app PIN forgets the wrong ones before it when it is removed, and takes the recovery code along", async () => {
  const { home, layout, accessOf, openedBy, fail } = await bench([
    guarded,
    recoverySlot(VAULT_ID, VAULT_KEY, CODE),
  ]);
  fail(LIMIT);
  await removeAppPin(openedBy({ kind: "keychain" }), accessOf());
  expect(slotsOf(readHeader(home))).toEqual(["keychain"]);
  expect(failedAttempts(attemptsOfApp(layout), LIMIT)).toBe(0);
});

describe("the recovery code", () => {
  test("opens a vault that too many wrong PINs have locked, and a void one costs no attempt", async () => {
    const { layout, accessOf, fail } = await bench([
      guarded,
      recoverySlot(VAULT_ID, VAULT_KEY, CODE),
    ]);
    fail(LIMIT - 1);
    const another = formatRecoveryCode(newRecoveryCode());
    await expect(openToChange(accessOf(another), { byPin: true })).rejects.toMatchObject({
      code: "denied",
      message: "this recovery code is not the one of this vault (no attempt was counted)",
    });
    expect(failedAttempts(attemptsOfApp(layout), LIMIT)).toBe(LIMIT - 1);
    fail(LIMIT);
    const opened = await openToChange(accessOf(formatRecoveryCode(CODE)), { byPin: true });
    expect(opened).toMatchObject({ proof: { kind: "recovery" }, vault: { vaultKey: VAULT_KEY } });
  });

  test("is asked for where the key in the keychain is another vault's, before any PIN is judged", async () => {
    const { home, layout, accessOf } = await bench([
      guarded,
      recoverySlot(VAULT_ID, VAULT_KEY, CODE),
    ]);
    rmSync(keyFilePath(home, null));
    await fileKeyStore(home, null).provide(VAULT_ID, newKey());
    await expect(openToChange(accessOf("83517"), { byPin: true })).rejects.toMatchObject({
      code: "invalid",
      message: "the key in the key file does not belong to this vault",
    });
    expect(failedAttempts(attemptsOfApp(layout), LIMIT)).toBe(0);
  });
});
