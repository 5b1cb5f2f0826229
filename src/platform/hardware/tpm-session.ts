import { randomBytes } from "node:crypto";
import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { forget, type Secret, sameSecret } from "#token/secret.ts";
import { sized, TpmReader, u8, u16, u32 } from "./tpm-bytes.ts";
import { cfb, DIGEST_BYTES, hmacSha256, kdfA, type Salt, sha256 } from "./tpm-crypto.ts";

/** Attributes of a session in one command (part 2, section 8.4). */
const CONTINUE = 0x01;
const DECRYPT = 0x20;
const ENCRYPT = 0x40;

/**
 * What of a command nobody on the bus may read: its first parameter, that of its reply, or both.
 */
export type Hidden = "nothing" | "command" | "reply" | "both";

/** One command as the session sees it. */
export interface SessionCommand {
  readonly code: number;
  /** The names of its handles, in order. */
  readonly names: readonly Uint8Array[];
  /** Its parameters in clear. The first one is sized where it is hidden. */
  readonly parameters: Buffer;
  /** The auth value of the first handle. */
  readonly auth: Uint8Array;
  readonly hidden: Hidden;
}

/** A command that is on its way, and what checks its reply. */
export interface SentCommand {
  /** The authorization area and the parameters, as they are sent. */
  readonly area: Buffer;
  readonly parameters: Buffer;
  /** Checks the reply's HMAC, and returns its parameters in clear. */
  receive(reply: { readonly parameters: Buffer; readonly area: Buffer }): Buffer;
}

/**
 * A salted HMAC session (TPM 2.0 Library, part 1, section 19): it proves that this process knows
 * the auth value without sending it, encrypts parameters, and proves that the chip has answered.
 */
export class HmacSession {
  readonly handle: number;
  readonly #key: Secret;
  #nonceTpm: Buffer;

  /** `nonces` are those of TPM2_StartAuthSession. */
  constructor(handle: number, { salt }: Salt, nonces: { caller: Buffer; tpm: Buffer }) {
    this.handle = handle;
    this.#key = kdfA(salt, "ATH", [nonces.tpm, nonces.caller], DIGEST_BYTES);
    this.#nonceTpm = nonces.tpm;
    forget(salt);
  }

  /** Authorizes a command and encrypts what is hidden. */
  send({ code, names, parameters, auth, hidden }: SessionCommand): SentCommand {
    const nonceCaller = randomBytes(DIGEST_BYTES);
    const key = Buffer.concat([this.#key, withoutZeros(auth)]);
    const attributes =
      CONTINUE |
      (hidden === "command" || hidden === "both" ? DECRYPT : 0) |
      (hidden === "reply" || hidden === "both" ? ENCRYPT : 0);
    const sent =
      attributes & DECRYPT
        ? withFirst(parameters, (first) =>
            cfb("encrypt", key, [nonceCaller, this.#nonceTpm], first),
          )
        : parameters;
    const hash = sha256(u32(code), ...names, sent);
    const flags = u8(attributes);
    const mac = hmacSha256(key, hash, nonceCaller, this.#nonceTpm, flags);
    const area = Buffer.concat([u32(this.handle), sized(nonceCaller), flags, sized(mac)]);
    return {
      area,
      parameters: sent,
      receive: (reply) => {
        try {
          return this.#receive(code, { key, nonceCaller, attributes }, reply);
        } finally {
          forget(key);
        }
      },
    };
  }

  /** Forgets the key; the chip's half is flushed by the caller. */
  forget(): void {
    forget(this.#key);
  }

  #receive(
    code: number,
    sent: { readonly key: Secret; readonly nonceCaller: Buffer; readonly attributes: number },
    { parameters, area }: { readonly parameters: Buffer; readonly area: Buffer },
  ): Buffer {
    const reader = new TpmReader(area);
    const [nonceTpm, flags, mac] = [reader.sized(), reader.u8(), reader.sized()];
    reader.end();
    const hash = sha256(u32(0), u32(code), parameters);
    const expected = hmacSha256(sent.key, hash, nonceTpm, sent.nonceCaller, u8(flags));
    if (!sameSecret(mac, expected) || flags !== sent.attributes) throw forgedReply();
    this.#nonceTpm = nonceTpm;
    return sent.attributes & ENCRYPT
      ? withFirst(parameters, (first) =>
          cfb("decrypt", sent.key, [nonceTpm, sent.nonceCaller], first),
        )
      : parameters;
  }
}

/** The parameters with the bytes of the first one, which is sized, changed. */
function withFirst(parameters: Buffer, change: (first: Buffer) => Buffer): Buffer {
  const reader = new TpmReader(parameters);
  const first = reader.sized();
  return Buffer.concat([u16(first.length), change(first), reader.rest()]);
}

/** A chip takes trailing zeros off auth values (part 1, section 19.6.5). */
function withoutZeros(auth: Uint8Array): Uint8Array {
  let length = auth.length;
  while (length > 0 && auth[length - 1] === 0) length--;
  return auth.subarray(0, length);
}

function forgedReply(): FobError {
  return new FobError("unavailable", t("the TPM's reply was changed on its way"), {
    hint: t("nothing of it was used; something between fob and the chip alters what is sent"),
  });
}
