import { createHash } from "node:crypto";
import { t } from "#base/language.ts";
import { OtpError } from "./otp-error.ts";
import { firstSha1State, type Sha1State, sha1Block } from "./sha1.ts";
import type { Window } from "./window.ts";

/** The number of counters from which preparing the HMAC key once is faster. */
const LARGE_WINDOW = 1_000;

const BLOCK_BYTES = 64;

/**
 * An HMAC-SHA-1 with its key processed: the inner and outer states after the key's block (RFC 2104
 * section 4).
 */
interface PreparedHmac {
  readonly inner: Sha1State;
  readonly outer: Sha1State;
}

/** The inputs of {@link findInLargeWindow}. */
export interface WindowSearch extends Pick<Window, "origin" | "back" | "ahead"> {
  readonly secret: Uint8Array;
  readonly algorithm: string;
  readonly alphabet: string;
  readonly digits: number;
  readonly passcode: string;
}

/**
 * Whether {@link findInLargeWindow} handles a search: a large window, SHA-1 and decimal digits, as
 * nearly every token has.
 */
export function isLargeSearch({ algorithm, alphabet, origin, back, ahead }: WindowSearch): boolean {
  const isExact = origin + BigInt(ahead) <= BigInt(Number.MAX_SAFE_INTEGER);
  return algorithm === "SHA1" && alphabet === "decimal" && back + ahead >= LARGE_WINDOW && isExact;
}

/**
 * The offset nearest to the origin at which a token gives the passcode, and of two equally near
 * ones the later; null when there is none. Every counter of the window is tried every time, and a
 * step takes the same time whether it matches or not. Counters below 0 are skipped.
 */
export function findInLargeWindow(search: WindowSearch): number | null {
  const { secret, digits, passcode, back, ahead } = search;
  if (secret.length === 0) throw new OtpError("secret", t("the secret is empty"));
  const isPasscode = new RegExp(`^[0-9]{${digits}}$`).test(passcode);
  const wanted = isPasscode ? Number(passcode) : -1;
  const numberAt = truncatedHmac(prepareHmac(secret));
  const origin = Number(search.origin);
  const modulus = 10 ** digits;
  const reach = Math.max(back, ahead);
  let found: number | null = null;
  for (let distance = reach; distance >= 0; distance--) {
    // from the far end, so that the nearest match is found last and stays
    if (distance <= Math.min(back, origin) && numberAt(origin - distance) % modulus === wanted)
      found = -distance;
    if (distance <= ahead && numberAt(origin + distance) % modulus === wanted) found = distance;
  }
  return found;
}

function prepareHmac(secret: Uint8Array): PreparedHmac {
  const key =
    secret.length > BLOCK_BYTES ? createHash("sha1").update(secret).digest() : Buffer.from(secret);
  const padded = Buffer.concat([key, Buffer.alloc(BLOCK_BYTES - key.length)]);
  const stateAfter = (pad: number) => {
    const state = firstSha1State();
    const words = Array.from({ length: 16 }, (_, i) => padded.readInt32BE(i * 4) ^ pad);
    sha1Block(state, Int32Array.from(words), state);
    return state;
  };
  const prepared = { inner: stateAfter(0x36363636), outer: stateAfter(0x5c5c5c5c) };
  padded.fill(0);
  key.fill(0);
  return prepared;
}

/** The truncated number of a counter (RFC 4226 section 5.3), before the reduction to digits. */
function truncatedHmac({ inner, outer }: PreparedHmac): (counter: number) => number {
  const message = endOfMessage(2, BLOCK_BYTES + 8);
  const digest = endOfMessage(5, BLOCK_BYTES + 20);
  const mac = firstSha1State();
  return (counter) => {
    message[0] = Math.floor(counter / 2 ** 32);
    message[1] = counter | 0;
    sha1Block(inner, message, digest);
    sha1Block(outer, digest, mac);
    const offset = (mac[4] ?? 0) & 0xf;
    const shift = (offset & 3) * 8;
    const high = mac[offset >> 2] ?? 0;
    const low = mac[(offset >> 2) + 1] ?? 0;
    return (shift === 0 ? high : (high << shift) | (low >>> (32 - shift))) & 0x7fffffff;
  };
}

/**
 * The last block of a SHA-1 message of `bytes` bytes, with padding and length (FIPS 180-4 section
 * 5.1.1). The caller fills in its first `words` words.
 */
function endOfMessage(words: number, bytes: number): Int32Array {
  const block = new Int32Array(16);
  block[words] = 0x80000000;
  block[15] = bytes * 8;
  return block;
}
