import crypto, { createHash, type ScryptOptions } from "node:crypto";
import { syncBuiltinESMExports } from "node:module";

type Done = (error: Error | null, key: Buffer) => void;

const { scrypt } = crypto;
/** What was computed, by a hash of everything that it was computed from. */
const keys = new Map<string, Buffer>();

/**
 * Has scrypt compute the key of a PIN and a salt once in a test process: it is a function of its
 * arguments, takes 0.4 s on purpose, and tests give the same PIN again and again. The first time is
 * the real computation; programs that a test starts know nothing of this.
 */
function scryptOnce(
  password: crypto.BinaryLike,
  salt: crypto.BinaryLike,
  length: number,
  options: ScryptOptions,
  done: Done,
): void {
  const name = nameOf([bytesOf(password), bytesOf(salt)], [length, options]);
  const known = keys.get(name);
  if (known) {
    // whoever gets a key may wipe it
    setImmediate(done, null, Buffer.from(known));
    return;
  }
  scrypt(password, salt, length, options, (error, key) => {
    if (!error) keys.set(name, Buffer.from(key));
    done(error, key);
  });
}

function nameOf(secrets: readonly Buffer[], costs: readonly unknown[]): string {
  const hash = createHash("sha256");
  for (const secret of secrets) hash.update(`${secret.length} `).update(secret);
  return hash.update(JSON.stringify(costs)).digest("hex");
}

function bytesOf(value: crypto.BinaryLike): Buffer {
  return typeof value === "string"
    ? Buffer.from(value)
    : Buffer.from(value.buffer, value.byteOffset, value.byteLength);
}

if (crypto.scrypt.name !== scryptOnce.name) {
  crypto.scrypt = scryptOnce as typeof scrypt;
  syncBuiltinESMExports();
}
