import { spawnSync } from "node:child_process";
import { expect, test } from "vitest";
import type { ExportedToken } from "#enrollment/exported-token.ts";
import { readPskc } from "#enrollment/pskc/read-pskc.ts";
import { formatPskc, privacyIdeaExport, pskcExport } from "#enrollment/pskc/write-pskc.ts";
import type { OtpCredential } from "#token/credential.ts";
import { USER_PIN_POLICY } from "#token/pin-policy.ts";
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
    [16, pskcExport],
    [24, pskcExport],
    [32, pskcExport],
    [16, privacyIdeaExport],
  ])("opens a container with a pre-shared key of %i bytes", async (bytes, format) => {
    const key = Buffer.from(rising(bytes), "hex");
    const { texts } = await format.write([TOKEN], null, key);
    const script = READ.replace(
      /container.encryption.derive_key.*/,
      `container.encryption.key = bytes(range(${bytes}))`,
    );
    expect(JSON.parse(python(script, texts.join()))).toEqual([
      [SECRET.toString("hex"), 42, "S-1", "ACME", 8, true],
    ]);
  });

  test("opens a container for privacyIDEA with its passphrase", async () => {
    const { texts } = await privacyIdeaExport.write([TOKEN], Buffer.from(PASSPHRASE));
    expect(JSON.parse(python(READ, texts.join()))).toEqual([
      [SECRET.toString("hex"), 42, "S-1", "ACME", 8, true],
    ]);
  });

  test.each<[string, string, string, Buffer]>([
    [
      "a passphrase",
      `container.encryption.setup_pbkdf2("${PASSPHRASE}", iterations=2000)`,
      PASSPHRASE,
      SECRET,
    ],
    [
      "a passphrase and SHA-256",
      `container.encryption.setup_pbkdf2("${PASSPHRASE}", iterations=2000, key_length=32, prf="hmac-sha256", algorithm="aes256-cbc")`,
      PASSPHRASE,
      SECRET,
    ],
    [
      "AES-128-CBC",
      'container.encryption.setup_preshared_key(key=bytes(range(16)), key_name="k", algorithm="aes128-cbc")',
      rising(16),
      SECRET,
    ],
    [
      "AES-256-CBC",
      'container.encryption.setup_preshared_key(key=bytes(range(32)), key_name="k", algorithm="aes256-cbc")',
      rising(32),
      SECRET,
    ],
    [
      "Triple DES",
      'container.encryption.setup_preshared_key(key=bytes(range(24)), key_name="k", algorithm="tripledes-cbc")',
      rising(24),
      SECRET,
    ],
    [
      "AES key wrap, and a MAC method that says nothing",
      `container.mac.key = None
container.encryption.setup_preshared_key(key=bytes(range(32)), key_name="k", algorithm="kw-aes256")
container.keys[0].secret = b"123456789012345678901234"`,
      rising(32),
      Buffer.from("123456789012345678901234"),
    ],
    [
      "Triple DES key wrap",
      `container.encryption.setup_preshared_key(key=bytes(range(24)), key_name="k", algorithm="kw-tripledes")
container.keys[0].secret = b"123456789012345678901234"`,
      rising(24),
      Buffer.from("123456789012345678901234"),
    ],
    [
      "Camellia",
      'container.encryption.setup_preshared_key(key=bytes(range(16)), key_name="k", algorithm="camellia128-cbc")',
      rising(16),
      SECRET,
    ],
  ])("writes a container with %s that fob opens", async (_, setup, answer, secret) => {
    const { drafts, refusals } = await readPskc(python(write(setup), ""), async () =>
      Buffer.from(answer),
    );
    expect(refusals).toEqual([]);
    expect(drafts).toEqual([
      expect.objectContaining({
        secret,
        serial: "S-1",
        issuer: "ACME",
        credential: TOKEN.credential,
      }),
    ]);
  });
});

describeWith({ pskctool: "pskctool" }, "pskctool", () => {
  const hmac = { digits: 8, alphabet: "decimal" } as const;
  const credentials: readonly OtpCredential[] = [
    TOKEN.credential,
    { kind: "totp", algorithm: "SHA256", ...hmac, period: 60, t0: 0 },
    { kind: "totp", algorithm: "SHA512", digits: 6, alphabet: "hexadecimal", period: 30, t0: 0 },
    { kind: "ocra", suite: "OCRA-1:HOTP-SHA256-8:C-QN08-PSHA1", counter: 7n },
  ];
  const pin = { type: "user", policy: { ...USER_PIN_POLICY, required: true } } as const;
  const tokens = credentials.map(
    (credential, i): ExportedToken => ({
      ...TOKEN,
      name: `token ${i}`,
      account: 'CN="Ann", <O>&co',
      credential,
      ...(i % 2 === 0 ? { pin } : {}),
    }),
  );

  function pskctool(mode: string, xml: string): string {
    const { stdout, status } = spawnSync("pskctool", [mode], { input: xml, encoding: "utf8" });
    expect(status).toBe(0);
    return stdout;
  }

  test.each([
    ["plain", null, null],
    ["with a passphrase", Buffer.from(PASSPHRASE), null],
    ["with a pre-shared key", null, Buffer.from(rising(16), "hex")],
  ])("finds what fob writes %s valid by the schema of RFC 6030", async (_, passphrase, key) => {
    for (const format of [pskcExport, privacyIdeaExport]) {
      const fitting = tokens.filter((token) => format.refuse(token) === null);
      const { texts } = await format.write(fitting, passphrase, key);
      expect(pskctool("--validate", texts.join())).toContain("OK");
    }
  });

  test("reads the secrets and parameters of a plain container", async () => {
    const { texts } = await pskcExport.write(tokens, null);
    const read = pskctool("--info", texts.join());
    expect(read.match(/Key Secret \(base64\): MTIzNDU2Nzg5MDEyMzQ1Njc4OTA=/g)).toHaveLength(4);
    expect(read).toContain("Algorithm Parameters Suite: SHA256");
    expect(read).toContain("Key TimeInterval: 60");
    expect(read).toContain("Key Counter: 42");
  });
});
