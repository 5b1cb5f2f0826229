import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { USER_PIN_POLICY } from "../../src/token/pin-policy.ts";
import { newVaultId } from "../../src/vault/header.ts";
import { newKey } from "../../src/vault/keys.ts";
import type { PinPrompt, PinRequest } from "../../src/vault/pin-prompt.ts";
import { askSecretKey, removeTokenPin, setTokenPin, tokenPinState } from "../../src/vault/token-pin.ts";
import { unguardedSecretKey, wipeRecord } from "../../src/vault/token-record.ts";
import { Vault } from "../../src/vault/vault.ts";
import { addAtOnce } from "./add-at-once.ts";

const SET = new Date("2026-01-01T00:00:00Z");
const NEXT_DAY = new Date("2026-01-02T00:00:00Z");

/** A vault with one token whose PIN `83517` lasts a day. */
async function guarded() {
  const home = mkdtempSync(join(tmpdir(), "fob-pin-"));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  const vault = new Vault({ home, vaultId: newVaultId() }, newKey(), false);
  const credential = { kind: "motp" } as const;
  const [token] = addAtOnce(
    vault,
    [
      {
        name: "vpn",
        issuer: null,
        account: null,
        serial: null,
        format: "test",
        credential,
        pin: "none",
        secret: newKey(),
      },
    ],
    SET,
  );
  const id = token?.id ?? "";
  const record = vault.read(id);
  const policy = { ...USER_PIN_POLICY, expiryDays: 1 };
  const pin = { pin: Buffer.from("83517"), policy, setAt: SET, isOwn: true };
  await setTokenPin(vault, record, unguardedSecretKey(record, vault.vaultKey), pin);
  return { vault, id };
}

/** A person who types these. */
function person(...answers: string[]): { readonly prompt: PinPrompt; readonly asked: PinRequest[] } {
  const asked: PinRequest[] = [];
  const ask = async (request: PinRequest) => {
    asked.push(request);
    return Buffer.from(answers.shift() ?? "");
  };
  return { prompt: { interactive: true, ask, release: async () => null }, asked };
}

test("a PIN that has expired is changed by a person who uses the token", async () => {
  const { vault, id } = await guarded();
  const before = new Date(NEXT_DAY.getTime() - 1);
  const first = person("83517");
  await vault.secretKey(vault.read(id), first.prompt, before);
  expect(first.asked.map(({ role }) => role)).toEqual(["current"]);

  const late = person("83517", "1234", "27954", "27954");
  const secretKey = await vault.secretKey(vault.read(id), late.prompt, NEXT_DAY);
  expect(late.asked.map(({ role, refusal }) => [role, refusal?.message])).toEqual([
    ["current", undefined],
    ["new", "the PIN of vpn must be changed: it has expired"],
    ["new", "this PIN is refused (run): its characters follow one another"],
    ["repeat", undefined],
  ]);
  const again = person("27954");
  expect(await vault.secretKey(vault.read(id), again.prompt, NEXT_DAY)).toEqual(secretKey);
  expect(again.asked).toHaveLength(1);
});

test("a script is told so, and gets nothing", async () => {
  const { vault, id } = await guarded();
  const script: PinPrompt = { interactive: false, ask: async () => Buffer.from("83517"), release: async () => null };
  await expect(vault.secretKey(vault.read(id), script, NEXT_DAY)).rejects.toMatchObject({ code: "locked" });
});

describe("a PIN that changes while it is asked for", () => {
  async function changing(change: (vault: Vault, id: string) => Promise<void> | void, pin: string) {
    const { vault, id } = await guarded();
    const ask = async () => {
      await change(vault, id);
      return Buffer.from(pin);
    };
    const prompt: PinPrompt = { interactive: false, ask, release: async () => null };
    return { vault, id, opened: askSecretKey(vault, vault.read(id), prompt) };
  }

  test("is judged as it is then: the new one opens, and costs nothing", async () => {
    const change = async (vault: Vault, id: string) => {
      const record = vault.read(id);
      const secretKey = await askSecretKey(vault, record, person("83517").prompt);
      const pin = { pin: Buffer.from("27954"), policy: USER_PIN_POLICY, setAt: SET, isOwn: true };
      await setTokenPin(vault, record, secretKey, pin);
    };
    const { vault, id, opened } = await changing(change, "27954");
    expect(await opened).toHaveLength(32);
    expect(tokenPinState(vault, vault.read(id))).toEqual({ attemptsLeft: 10, locked: false });
  });

  test("is none where it was removed", async () => {
    const change = async (vault: Vault, id: string) => {
      const record = vault.read(id);
      removeTokenPin(vault, record, await askSecretKey(vault, record, person("83517").prompt));
    };
    const { vault, id, opened } = await changing(change, "83517");
    expect(await opened).toHaveLength(32);
    expect(vault.read(id).guard).toBeNull();
  });

  test("opens nothing where the secret was wiped", async () => {
    const { opened } = await changing((vault, id) => vault.update(id, wipeRecord), "83517");
    await expect(opened).rejects.toMatchObject({
      code: "locked",
      message: "the secret of vpn was wiped after too many wrong PINs",
    });
  });
});
