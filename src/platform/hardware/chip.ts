import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import type { HashAlgorithm } from "#otp/algorithm.ts";
import type { Secret } from "#token/secret.ts";
import type { Chip, ChipKey } from "#vault/chip/chip.ts";
import { hmacKeyBytes } from "./hmac-key.ts";
import { type Below, inSession } from "./key-session.ts";
import { countersOf, makeCounter, removeCounter, takeCount } from "./nv-counter.ts";
import { TPM_LIMITS, withTpm } from "./open-tpm.ts";
import { storageKey, storageKeyNamed } from "./storage-key.ts";
import { COMMANDS, type TpmHandle } from "./tpm.ts";
import { malformedReply, sized, u16, u32 } from "./tpm-bytes.ts";
import { HASH_IDS, hmacTemplate, nameOf, SEAL_TEMPLATE } from "./tpm-objects.ts";
import { isRefusal } from "./tpm-refusal.ts";

/** The most bytes that one command takes of a message (MAX_DIGEST_BUFFER). */
const MESSAGE_PIECE = 1_024;

/** The identifier for "the hash function of the key". */
const HASH_OF_KEY = 0x0010;

/** The null hierarchy: no ticket is asked for. */
const NO_TICKET = u32(0x40000007);

/** No auth value: that of storage keys. */
const EMPTY = Buffer.alloc(0);

/** The TPM of this machine, or the one that FOB_TPM names. Each call connects to it anew. */
export function tpmChip(env: NodeJS.ProcessEnv, limits = TPM_LIMITS): Chip {
  const create = (template: Buffer, data: Secret, auth: Secret) =>
    withTpm(env, limits, async (tpm) => {
      const below = await inSession(tpm, await storageKey(tpm));
      return createKey(below, template, data, auth);
    });
  const withKey = <T>(key: ChipKey, use: (below: Below, key: TpmHandle) => Promise<T>) =>
    withTpm(env, limits, async (tpm) => {
      const name = Buffer.from(key.parent, "base64");
      const below = await inSession(tpm, await storageKeyNamed(tpm, name));
      return use(below, await loadKey(below, key));
    });
  return {
    reach: () =>
      withTpm(env, limits, async (tpm) => void (await inSession(tpm, await storageKey(tpm)))),
    async holdSecret(secret, algorithm, auth) {
      const hashId = HASH_IDS[algorithm];
      if (hashId === null) throw lacksHash(algorithm);
      const data = hmacKeyBytes(secret, algorithm);
      const wrong = ["hash", "scheme", "value", "size"] as const;
      const key = await withTpm(env, limits, async (tpm) => {
        const below = await inSession(tpm, await storageKey(tpm));
        return createKey(below, hmacTemplate(hashId), data, auth).catch((error: unknown) => {
          throw isRefusal(error, ...wrong) ? lacksHash(algorithm) : error;
        });
      });
      return { ...key, algorithm };
    },
    hmacs: (key, auth, messages) =>
      withKey(key, async (below, loaded) => {
        const macs: Buffer[] = [];
        for (const message of messages) {
          const mac = await unlessWrong(computeHmac(below, loaded, auth, message));
          if (!mac) return null;
          macs.push(mac);
        }
        return macs;
      }),
    seal: (data, auth) => create(SEAL_TEMPLATE, data, auth),
    unseal: (key, auth) =>
      withKey(key, (below, loaded) => unlessWrong(unseal(below, loaded, auth))),
    changeAuth: (key, auth, next) =>
      withKey(key, async (below, loaded) => {
        const privateArea = await unlessWrong(changeAuth(below, loaded, auth, next));
        return privateArea && { ...key, privateArea: privateArea.toString("base64") };
      }),
    check: (key) => withKey(key, async () => undefined),
    makeCounter: (vaultId) =>
      withTpm(env, limits, async (tpm) =>
        makeCounter(await inSession(tpm, await storageKey(tpm)), vaultId),
      ),
    count: (counter) =>
      withTpm(env, limits, async (tpm) => {
        const parent = await storageKeyNamed(tpm, Buffer.from(counter.parent, "base64"));
        return takeCount(await inSession(tpm, parent), counter);
      }),
    removeCounter: (index) => withTpm(env, limits, (tpm) => removeCounter(tpm, index)),
    countersOf: (vaultId) => withTpm(env, limits, (tpm) => countersOf(tpm, vaultId)),
  };
}

/** Null where the chip refuses the auth value of a key. */
async function unlessWrong<T>(attempt: Promise<T>): Promise<T | null> {
  try {
    return await attempt;
  } catch (error) {
    if (isRefusal(error, "authFail", "badAuth")) return null;
    throw error;
  }
}

async function createKey(
  { tpm, parent, session }: Below,
  template: Buffer,
  data: Uint8Array,
  auth: Uint8Array,
): Promise<ChipKey> {
  const { parameters } = await tpm.run({
    code: COMMANDS.create,
    handles: [parent],
    parameters: Buffer.concat([sized(sized(auth), sized(data)), sized(template), sized(), u32(0)]),
    authorization: { session, auth: EMPTY, hidden: "command" },
  });
  const [privateArea, publicArea] = [parameters.sized(), parameters.sized()];
  // the template ends with an empty place for what identifies the key
  if (!publicArea.subarray(0, template.length - 2).equals(template.subarray(0, -2)))
    throw malformedReply();
  return {
    parent: Buffer.from(parent.name).toString("base64"),
    publicArea: publicArea.toString("base64"),
    privateArea: privateArea.toString("base64"),
  };
}

async function loadKey({ tpm, parent, session }: Below, key: ChipKey): Promise<TpmHandle> {
  const publicArea = Buffer.from(key.publicArea, "base64");
  const { handle } = await tpm.run({
    code: COMMANDS.load,
    handles: [parent],
    parameters: Buffer.concat([sized(Buffer.from(key.privateArea, "base64")), sized(publicArea)]),
    authorization: { session, auth: EMPTY, hidden: "nothing" },
    givesHandle: true,
  });
  return { handle, name: nameOf(publicArea) };
}

async function computeHmac(
  below: Below,
  key: TpmHandle,
  auth: Uint8Array,
  message: Uint8Array,
): Promise<Buffer> {
  if (message.length > MESSAGE_PIECE) return computeInPieces(below, key, auth, message);
  const { tpm, session } = below;
  const { parameters } = await tpm.run({
    code: COMMANDS.hmac,
    handles: [key],
    parameters: Buffer.concat([sized(message), u16(HASH_OF_KEY)]),
    authorization: { session, auth, hidden: "both" },
  });
  return parameters.sized();
}

/** The HMAC of a message that one command cannot take: a sequence of commands. */
async function computeInPieces(
  { tpm, session }: Below,
  key: TpmHandle,
  auth: Uint8Array,
  message: Uint8Array,
): Promise<Buffer> {
  const started = await tpm.run({
    code: COMMANDS.hmacStart,
    handles: [key],
    parameters: Buffer.concat([sized(), u16(HASH_OF_KEY)]),
    authorization: { session, auth, hidden: "nothing" },
    givesHandle: true,
  });
  // a sequence has no public area, and so no name
  const sequence = { handle: started.handle, name: EMPTY };
  const authorization = { session, auth: EMPTY, hidden: "command" } as const;
  let at = 0;
  for (; message.length - at > MESSAGE_PIECE; at += MESSAGE_PIECE) {
    const parameters = sized(message.subarray(at, at + MESSAGE_PIECE));
    await tpm.run({
      code: COMMANDS.sequenceUpdate,
      handles: [sequence],
      parameters,
      authorization,
    });
  }
  const { parameters } = await tpm.run({
    code: COMMANDS.sequenceComplete,
    handles: [sequence],
    parameters: Buffer.concat([sized(message.subarray(at)), NO_TICKET]),
    authorization: { ...authorization, hidden: "both" },
  });
  tpm.forgetLoaded(sequence.handle);
  return parameters.sized();
}

async function unseal({ tpm, session }: Below, key: TpmHandle, auth: Uint8Array): Promise<Secret> {
  const { parameters } = await tpm.run({
    code: COMMANDS.unseal,
    handles: [key],
    parameters: EMPTY,
    authorization: { session, auth, hidden: "reply" },
  });
  return parameters.sized();
}

/** The private area of the same key under another auth value. */
async function changeAuth(
  { tpm, parent, session }: Below,
  key: TpmHandle,
  auth: Uint8Array,
  next: Uint8Array,
): Promise<Buffer> {
  const { parameters } = await tpm.run({
    code: COMMANDS.objectChangeAuth,
    handles: [key, parent],
    parameters: sized(next),
    authorization: { session, auth, hidden: "command" },
  });
  return parameters.sized();
}

function lacksHash(algorithm: HashAlgorithm): FobError {
  return new FobError("unavailable", t`this TPM computes no HMAC with ${algorithm}`, {
    hint: t("`fob doctor` says which it has; without `--hold` the vault keeps the secret"),
  });
}
