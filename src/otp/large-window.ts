import { createHash } from "node:crypto";
import { t } from "#base/language.ts";
import { OtpError } from "./otp-error.ts";
import { firstSha1State, type Sha1State, sha1Block } from "./sha1.ts";
import type { Window } from "./window.ts";

/** From this many counters on, preparing the HMAC once per key pays. */
const LARGE_WINDOW = 1_000;

const BLOCK_BYTES = 64;

/**
 * An HMAC-SHA-1 whose key was worked in: the states after the key's block, inner and outer (RFC
 * 2104 section 4).
 */
interface PreparedHmac {
  readonly inner: Sha1State;
  readonly outer: Sha1State;
}

/** What of a token and a question decides whether {@link findInLargeWindow} can answer. */
export interface WindowSearch extends Pick<Window, "origin" | "back" | "ahead"> {
  readonly secret: Uint8Array;
  readonly algorithm: string;
  readonly alphabet: string;
  readonly digits: number;
  readonly passcode: string;
}

/**
 * Whether a search is large, and of the one kind that is prepared for it: SHA-1 and decimal digits,
 * which is nearly every token.
 */
export function isLargeSearch({ algorithm, alphabet, origin, back, ahead }: WindowSearch): boolean {
  const isExact = origin + BigInt(ahead) <= BigInt(Number.MAX_SAFE_INTEGER);
  return algorithm === "SHA1" && alphabet === "decimal" && back + ahead >= LARGE_WINDOW && isExact;
}

/**
 * The offset nearest to the origin at which a token gives the passcode, ahead before back; null
 * when none does. The whole window is walked every time, and a step takes the same time whether it
 * matches or not. Counters below 0 are left out.
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
    // from the far end, so that the last match is the nearest
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

/** The truncated number of a counter (RFC 4226 section 5.3), before it is cut to digits. */
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
 * A last block whose first `words` words are still to come, of a message of `bytes` bytes (FIPS
 * 180-4 section 5.1.1).
 */
function endOfMessage(words: number, bytes: number): Int32Array {
  const block = new Int32Array(16);
  block[words] = 0x80000000;
  block[15] = bytes * 8;
  return block;
}
