import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import type { ExportedToken } from "#enrollment/exported-token.ts";
import { readPskc } from "#enrollment/pskc/read-pskc.ts";
import { formatPskc } from "#enrollment/pskc/write-pskc.ts";
import { DEBIAN_PYTHON, describeWith } from "../requires.ts";

const PASSPHRASE = "correct horse battery";
const SECRET = Buffer.from("12345678901234567890");

/** The bytes 0, 1, 2, ... in hexadecimal, as Python's `bytes(range(n))`. */
function rising(bytes: number): string {
  return Buffer.from(Array.from({ length: bytes }, (_, i) => i)).toString("hex");
}

function python(script: string, input: string): string {
  const { stdout, stderr, status } = spawnSync(DEBIAN_PYTHON, ["-c", script], {
    input,
    encoding: "utf8",
  });
  expect({ stderr, status }).toEqual({ stderr: "", status: 0 });
  return stdout;
}

const TOKEN: ExportedToken = {
  ...{ id: "0123456789abcdef", name: "vpn", issuer: "ACME", account: "ann", serial: "S-1" },
  credential: { kind: "hotp", algorithm: "SHA1", digits: 8, alphabet: "decimal", counter: 42n },
  secret: SECRET,
};

const READ = `
import sys, json, io
from pskc import PSKC
container = PSKC(io.BytesIO(sys.stdin.buffer.read()))
container.encryption.derive_key("${PASSPHRASE}")
print(json.dumps([[k.secret.hex(), k.counter, k.serial, k.issuer, k.response_length, k.check()] for k in container.keys]))
`;

function write(setup: string): string {
  return `
import sys
from pskc import PSKC
container = PSKC()
container.add_key(id="k1", serial="S-1", issuer="ACME", secret=b"12345678901234567890", counter=42, response_length=8,
    response_encoding="DECIMAL", algorithm="urn:ietf:params:xml:ns:keyprov:pskc:hotp")
${setup}
container.write(sys.stdout.buffer)
`;
}

describeWith({ "python3:pskc": "python3-pskc" }, "python3-pskc", () => {
  test("opens a container that fob wrote, and finds its MACs right", async () => {
    const xml = await formatPskc([TOKEN], Buffer.from(PASSPHRASE));
    expect(JSON.parse(python(READ, xml))).toEqual([
      [SECRET.toString("hex"), 42, "S-1", "ACME", 8, true],
    ]);
  });

  test.each([
    [
      "a passphrase",
      `container.encryption.setup_pbkdf2("${PASSPHRASE}", iterations=2000)`,
      PASSPHRASE,
    ],
    [
      "a passphrase and SHA-256",
      `container.encryption.setup_pbkdf2("${PASSPHRASE}", iterations=2000, key_length=32, prf="hmac-sha256", algorithm="aes256-cbc")`,
      PASSPHRASE,
    ],
    [
      "AES-128-CBC",
      'container.encryption.setup_preshared_key(key=bytes(range(16)), key_name="k", algorithm="aes128-cbc")',
      rising(16),
    ],
    [
      "AES-256-CBC",
      'container.encryption.setup_preshared_key(key=bytes(range(32)), key_name="k", algorithm="aes256-cbc")',
      rising(32),
    ],
    [
      "Triple DES",
      'container.encryption.setup_preshared_key(key=bytes(range(24)), key_name="k", algorithm="tripledes-cbc")',
      rising(24),
    ],
  ])("writes a container with %s that fob opens", async (_, setup, answer) => {
    const { drafts, refusals } = await readPskc(python(write(setup), ""), async () =>
      Buffer.from(answer),
    );
    expect(refusals).toEqual([]);
    expect(drafts).toEqual([
      expect.objectContaining({
        secret: SECRET,
        serial: "S-1",
        issuer: "ACME",
        credential: TOKEN.credential,
      }),
    ]);
  });
});
