import crypto from "node:crypto";
import { syncBuiltinESMExports } from "node:module";
import { promisify } from "node:util";

const { generateKeyPair } = crypto;
const make = promisify(generateKeyPair) as (type: string, options: object) => Promise<Pair>;

interface Pair {
  readonly publicKey: Buffer;
  readonly privateKey: Buffer;
}

/**
 * How many pairs of a length a test process makes: one enrollment has another key than the next.
 */
const MOST = 2;
const pairs = new Map<string, Promise<Pair>[]>();

/**
 * Has a test process make two pairs of RSA keys of each length, and give them in turn: a pair takes
 * seconds, and tests enroll again and again. Programs that a test starts know nothing of this.
 */
async function pairInTurn(type: string, options: object): Promise<Pair> {
  if (type !== "rsa") return make(type, options);
  const name = JSON.stringify(options);
  const known = pairs.get(name) ?? [];
  pairs.set(name, known);
  const next = (known.length < MOST ? null : known.shift()) ?? make(type, options);
  known.push(next);
  const { publicKey, privateKey } = await next;
  // whoever gets a key may wipe it
  return { publicKey: Buffer.from(publicKey), privateKey: Buffer.from(privateKey) };
}

const again = Object.assign(
  (type: string, options: object, done: (error: unknown, ...keys: Buffer[]) => void) => {
    pairInTurn(type, options).then(
      ({ publicKey, privateKey }) => done(null, publicKey, privateKey),
      (error) => done(error),
    );
  },
  { [promisify.custom]: pairInTurn, isOfTests: true },
);

if (!("isOfTests" in crypto.generateKeyPair)) {
  crypto.generateKeyPair = again as unknown as typeof generateKeyPair;
  syncBuiltinESMExports();
}
