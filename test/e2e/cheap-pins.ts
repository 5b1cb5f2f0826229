import { keyFilePath, readKeyFile } from "#platform/keychain/key-file.ts";
import { type Header, readHeader, updateSlots } from "#vault/keys/header.ts";
import { deriveKey, stretchPin, wrapKey } from "#vault/keys/keys.ts";
import { findSlot, openKeychainSlot, openPinSlot } from "#vault/keys/slots.ts";
import { openSecretKey } from "#vault/tokens/token-record.ts";
import { Vault } from "#vault/vault.ts";

/** The PINs that are set in a home. */
interface Pins {
  readonly app?: string;
  /** By the names of tokens. */
  readonly tokens?: Readonly<Record<string, string>>;
}

/** What a try of a PIN costs: 3 ms instead of 400. */
const LEAST = 2 ** 10;

/**
 * Gives the PINs of a home, whose key is in a file, the least costs, for tests in which many
 * processes try them. Headers and records say what their own costs are.
 */
export async function makeCheap(home: string, { app, tokens = {} }: Pins): Promise<void> {
  const header = readHeader(home);
  const key = readKeyFile(keyFilePath(home, null));
  if (!header || !key) throw new Error("no vault with a key file");
  const layout = { home, vaultId: header.id };
  const vaultKey = await openWith(header, key, app);
  const vault = new Vault(layout, vaultKey, false);
  for (const [name, pin] of Object.entries(tokens)) await makeTokenCheap(vault, name, pin);
  const slot = findSlot(header, "keychain-pin");
  if (!slot || app === undefined) return;
  const stretching = { ...slot.stretching, N: LEAST };
  const stretched = await stretchPin(Buffer.from(app), stretching);
  const under = deriveKey(key, stretched, "keychain and PIN slot");
  const wrapped = wrapKey(vaultKey, under, `${header.id}/slots/keychain-pin`);
  updateSlots(layout, (slots) =>
    slots.map((one) => (one.type === slot.type ? { ...slot, stretching, wrapped } : one)),
  );
}

async function openWith(header: Header, key: Buffer, app: string | undefined): Promise<Buffer> {
  const slot = findSlot(header, "keychain");
  if (slot) return openKeychainSlot(header.id, slot, key);
  const guarded = findSlot(header, "keychain-pin");
  const opened = guarded && (await openPinSlot(header.id, guarded, key, Buffer.from(app ?? "")));
  if (!opened) throw new Error("the app PIN does not open the vault");
  return opened;
}

async function makeTokenCheap(vault: Vault, name: string, pin: string): Promise<void> {
  const id = vault.findExactly(name)?.id ?? "";
  const { guard } = vault.read(id);
  const secretKey = await openSecretKey(vault.read(id), vault.vaultKey, Buffer.from(pin));
  if (!guard || !secretKey) throw new Error(`${name} has no such PIN`);
  const stretching = { ...guard.stretching, N: LEAST };
  const stretched = await stretchPin(Buffer.from(pin), stretching);
  const under = deriveKey(
    vault.vaultKey,
    Buffer.concat([Buffer.from(id), stretched]),
    "secret key and PIN",
  );
  const wrappedSecretKey = wrapKey(secretKey, under, `${id}/secret`);
  vault.update(id, (record) => ({ ...record, guard: { ...guard, stretching }, wrappedSecretKey }));
}
