import { randomBytes, randomInt } from "node:crypto";
import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import type { ChipCounter } from "#vault/chip/chip.ts";
import type { Below } from "./key-session.ts";
import { COMMANDS, OWNER, type Tpm, type TpmHandle } from "./tpm.ts";
import { malformedReply, sized, TpmReader, u16, u32 } from "./tpm-bytes.ts";
import { sha256 } from "./tpm-crypto.ts";
import { nameOf } from "./tpm-objects.ts";
import { isRefusal } from "./tpm-refusal.ts";

/** Indices that no program has reserved (TCG Registry of Reserved TPM 2.0 Handles, owner). */
const INDICES = { first: 0x01800000, end: 0x01c00000 } as const;

/** How often a free index is looked for, and how often another process may count in between. */
const MOST_TRIES = 64;

/** The longest pause after the first time that another process has counted in between. */
const PAUSE_MS = 5;

const SHA256 = 0x000b;
const COUNTER_BYTES = 8;
const AUTH_BYTES = 32;

/**
 * Attributes of a counter (part 2, section 13.4): its auth value reads and increments it. Wrong
 * auth values are not counted: nobody guesses 32 random bytes.
 */
const WRITTEN = 1 << 29;
const COUNTER = (1 << 2) | (1 << 4) | (1 << 18) | (1 << 25);

/** No auth value: the owner's. */
const EMPTY = Buffer.alloc(0);

/** A new counter of the chip, and the value that it begins with. */
export async function makeCounter(
  { tpm, parent, session }: Below,
  vaultId: string,
): Promise<ChipCounter & { readonly value: bigint }> {
  const auth = randomBytes(AUTH_BYTES);
  const define = async (index: number) => {
    await tpm.run({
      code: COMMANDS.nvDefine,
      handles: [OWNER],
      parameters: Buffer.concat([sized(auth), sized(publicArea(index, COUNTER, vaultId))]),
      authorization: { session, auth: EMPTY, hidden: "command" },
    });
    return index;
  };
  const index = await atFreeIndex(define);
  // it has no value before it is incremented, and has another name from then on
  await increment({ tpm, session }, named(publicArea(index, COUNTER, vaultId)), auth);
  const written = publicArea(index, COUNTER | WRITTEN, vaultId);
  const value = await read({ tpm, session }, named(written), auth);
  return {
    parent: Buffer.from(parent.name).toString("base64"),
    publicArea: written.toString("base64"),
    auth: auth.toString("base64"),
    value,
  };
}

/**
 * The next value of a counter, which nobody else gets: only this process can have counted where the
 * value has grown by one. A process that is killed in between wastes one value.
 */
export async function takeCount(
  below: Pick<Below, "tpm" | "session">,
  counter: ChipCounter,
): Promise<bigint> {
  const handle = named(Buffer.from(counter.publicArea, "base64"));
  const auth = Buffer.from(counter.auth, "base64");
  try {
    let before = await read(below, handle, auth);
    for (let tries = 0; tries < MOST_TRIES; tries++) {
      await increment(below, handle, auth);
      const after = await read(below, handle, auth);
      if (after === before + 1n) return after;
      // two processes in step would disturb each other for ever
      await new Promise((resolve) => setTimeout(resolve, randomInt(PAUSE_MS * (tries + 1))));
      before = await read(below, handle, auth);
    }
  } catch (error) {
    if (isRefusal(error, "handle", "authFail", "badAuth", "nvUnwritten")) throw lostCounter(error);
    throw error;
  }
  throw new FobError("unavailable", t("other processes use this counter of the TPM all the time"), {
    hint: t("try again"),
  });
}

/** Removes the counter with this index; one that is gone already is none. */
export async function removeCounter(tpm: Tpm, index: number): Promise<void> {
  try {
    await tpm.run({
      code: COMMANDS.nvUndefine,
      handles: [OWNER, { handle: index, name: u32(index) }],
      parameters: EMPTY,
      authorization: "empty",
    });
  } catch (error) {
    if (!isRefusal(error, "handle")) throw error;
  }
}

/** The indices of the counters that fob has made for a vault. */
export async function countersOf(tpm: Tpm, vaultId: string): Promise<readonly number[]> {
  const found: number[] = [];
  for (const index of await tpm.handlesFrom(INDICES.first)) {
    if (index < INDICES.end && (await isOfVault(tpm, index, vaultId))) found.push(index);
  }
  return found;
}

async function isOfVault(tpm: Tpm, index: number, vaultId: string): Promise<boolean> {
  const { parameters } = await tpm.run({
    code: COMMANDS.nvReadPublic,
    handles: [{ handle: index, name: u32(index) }],
    parameters: EMPTY,
    authorization: "none",
  });
  const bytes = parameters.sized();
  return [COUNTER, COUNTER | WRITTEN].some((attributes) =>
    bytes.equals(publicArea(index, attributes, vaultId)),
  );
}

async function atFreeIndex(define: (index: number) => Promise<number>): Promise<number> {
  for (let tries = 0; ; tries++) {
    try {
      return await define(randomInt(INDICES.first, INDICES.end));
    } catch (error) {
      if (isRefusal(error, "nvDefined") && tries < MOST_TRIES) continue;
      throw explainUnmade(error);
    }
  }
}

function explainUnmade(cause: unknown): unknown {
  if (isRefusal(cause, "noSpace"))
    return new FobError("unavailable", t("the TPM has no room for another counter"), {
      cause,
      hint: t(
        "chips have room for few; `fob doctor` names what fob has left there; without `--counter` the vault counts",
      ),
    });
  if (isRefusal(cause, "authFail", "badAuth", "authMissing"))
    return new FobError("unavailable", t("only the owner of this TPM can make counters in it"), {
      cause,
      hint: t("its storage has a password; without `--counter` the vault counts"),
    });
  return cause;
}

function lostCounter(cause: unknown): FobError {
  return new FobError("invalid", t("the TPM has no such counter any more"), {
    cause,
    hint: t(
      "this folder is older than the counter, or the chip was cleared: put back the newest folder, or enroll the token anew",
    ),
  });
}

async function increment(
  { tpm, session }: Pick<Below, "tpm" | "session">,
  counter: TpmHandle,
  auth: Uint8Array,
): Promise<void> {
  await tpm.run({
    code: COMMANDS.nvIncrement,
    handles: [counter, counter],
    parameters: EMPTY,
    authorization: { session, auth, hidden: "nothing" },
  });
}

async function read(
  { tpm, session }: Pick<Below, "tpm" | "session">,
  counter: TpmHandle,
  auth: Uint8Array,
): Promise<bigint> {
  const { parameters } = await tpm.run({
    code: COMMANDS.nvRead,
    handles: [counter, counter],
    parameters: Buffer.concat([u16(COUNTER_BYTES), u16(0)]),
    authorization: { session, auth, hidden: "nothing" },
  });
  const value = parameters.sized();
  if (value.length !== COUNTER_BYTES) throw malformedReply();
  return value.readBigUInt64BE();
}

/**
 * The public area of a counter. What would be its policy says whose it is: no attribute lets a
 * policy authorize anything.
 */
function publicArea(index: number, attributes: number, vaultId: string): Buffer {
  const owner = sha256(Buffer.from(`fob's counter for the vault ${vaultId}`));
  return Buffer.concat([
    u32(index),
    u16(SHA256),
    u32(attributes),
    sized(owner),
    u16(COUNTER_BYTES),
  ]);
}

function named(publicBytes: Buffer): TpmHandle {
  return { handle: new TpmReader(publicBytes).u32(), name: nameOf(publicBytes) };
}
