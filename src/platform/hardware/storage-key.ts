import { ofOtherChip } from "./explain-refusal.ts";
import { COMMANDS, OWNER, type Tpm, type TpmHandle } from "./tpm.ts";
import { sized, u32 } from "./tpm-bytes.ts";
import type { SaltKey } from "./tpm-crypto.ts";
import { nameOf, STORAGE_TEMPLATE, saltKeyOf } from "./tpm-objects.ts";
import { isRefusal } from "./tpm-refusal.ts";

/**
 * The handle of the storage primary key (TCG TPM v2.0 Provisioning Guidance): other programs use
 * the same key.
 */
const PERSISTENT = 0x81000001;

/** A storage key: keys of fob are wrapped by it. Its own auth value is empty. */
export interface StorageKey extends TpmHandle {
  readonly saltKey: SaltKey;
}

/**
 * The storage key for a new key: the persistent one of this machine, which is made where there is
 * none and the owner allows it.
 */
export async function storageKey(tpm: Tpm): Promise<StorageKey> {
  const found = await persistent(tpm);
  if (found !== "missing" && found !== "unusable") return found;
  const primary = await makePrimary(tpm);
  return found === "missing" ? keep(tpm, primary) : primary;
}

/**
 * The storage key with this name. Throws FobError `invalid` when this chip has none: the key below
 * it is another chip's.
 */
export async function storageKeyNamed(tpm: Tpm, name: Uint8Array): Promise<StorageKey> {
  const found = await persistent(tpm);
  if (typeof found === "object" && found.name.equals(name)) return found;
  const primary = await makePrimary(tpm);
  if (!primary.name.equals(name)) throw ofOtherChip();
  return found === "missing" ? keep(tpm, primary) : primary;
}

interface NamedKey extends StorageKey {
  readonly name: Buffer;
}

async function persistent(tpm: Tpm): Promise<NamedKey | "missing" | "unusable"> {
  try {
    const { parameters } = await tpm.run({
      code: COMMANDS.readPublic,
      handles: [{ handle: PERSISTENT, name: u32(PERSISTENT) }],
      parameters: Buffer.alloc(0),
      authorization: "none",
    });
    return named(PERSISTENT, parameters.sized()) ?? "unusable";
  } catch (error) {
    if (isRefusal(error, "handle", "objectMissing")) return "missing";
    throw error;
  }
}

/** Makes the storage key anew: the chip derives it from its seed, so it is the same every time. */
async function makePrimary(tpm: Tpm): Promise<NamedKey> {
  const { handle, parameters } = await tpm.run({
    code: COMMANDS.createPrimary,
    handles: [OWNER],
    parameters: Buffer.concat([sized(sized(), sized()), sized(STORAGE_TEMPLATE), sized(), u32(0)]),
    authorization: "empty",
    givesHandle: true,
  });
  const key = named(handle, parameters.sized());
  if (key) return key;
  throw ofOtherChip();
}

/**
 * Makes a primary key persistent, because making it takes a real chip up to half a second. Another
 * process may have been faster, or the owner may not allow it: then the transient one is used.
 */
async function keep(tpm: Tpm, primary: NamedKey): Promise<NamedKey> {
  try {
    await tpm.run({
      code: COMMANDS.evictControl,
      handles: [OWNER, primary],
      parameters: u32(PERSISTENT),
      authorization: "empty",
    });
    await tpm.flush(primary.handle);
    return { ...primary, handle: PERSISTENT };
  } catch (error) {
    if (isRefusal(error, "nvDefined", "noSpace", "badAuth", "authFail", "authMissing"))
      return primary;
    throw error;
  }
}

function named(handle: number, publicBytes: Buffer): NamedKey | null {
  const saltKey = saltKeyOf(publicBytes);
  return saltKey && { handle, name: nameOf(publicBytes), saltKey };
}
