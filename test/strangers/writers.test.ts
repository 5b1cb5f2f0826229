import { execFileSync, spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { HOTP_URI, RFC_SECRET, TOTP_URI, testHome } from "../e2e/fob.ts";
import { DEBIAN_PYTHON, describeWith } from "../requires.ts";

const PASSPHRASE = "correct horse battery";

/** Opens an encrypted vault of Aegis, by its documentation, with OpenSSL's scrypt and AES-GCM. */
const OPEN_AEGIS = `
import base64, json, sys
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt
path, passphrase = sys.argv[1:]
vault = json.load(open(path))
def opened(key, params, data):
    return AESGCM(key).decrypt(bytes.fromhex(params["nonce"]), data + bytes.fromhex(params["tag"]), None)
slot = next(s for s in vault["header"]["slots"] if s["type"] == 1)
key = Scrypt(salt=bytes.fromhex(slot["salt"]), length=32, n=slot["n"], r=slot["r"], p=slot["p"]).derive(passphrase.encode())
master = opened(key, slot["key_params"], bytes.fromhex(slot["key"]))
print(opened(master, vault["header"]["params"], base64.b64decode(vault["db"])).decode())
`;

/** What Google Authenticator exports, as others have written it down. */
const MIGRATION = `syntax = "proto3";
message Payload {
  message Parameters {
    bytes secret = 1;
    string name = 2;
    string issuer = 3;
    enum Algorithm { ALGORITHM_UNSPECIFIED = 0; SHA1 = 1; SHA256 = 2; SHA512 = 3; MD5 = 4; }
    Algorithm algorithm = 4;
    enum Digits { DIGITS_UNSPECIFIED = 0; SIX = 1; EIGHT = 2; }
    Digits digits = 5;
    enum Type { TYPE_UNSPECIFIED = 0; HOTP = 1; TOTP = 2; }
    Type type = 6;
    int64 counter = 7;
  }
  repeated Parameters otp_parameters = 1;
  int32 version = 2;
  int32 batch_size = 3;
  int32 batch_index = 4;
  int32 batch_id = 5;
}
`;

async function homeWithTokens() {
  const place = testHome();
  const more = `otpauth://hotp/big:ann?secret=${RFC_SECRET}&counter=4294967296&algorithm=SHA256`;
  await place.fob(["enroll", "-"], { input: [HOTP_URI, TOTP_URI, more].join("\n") });
  return place;
}

describeWith({ "python3:cryptography": "python3-cryptography" }, "a vault of Aegis", () => {
  test("that fob writes opens with OpenSSL, and holds every token", async () => {
    const { fob, home } = await homeWithTokens();
    const file = join(home, "aegis.json");
    const env = { FOB_PIN: PASSPHRASE };
    const options = ["--format", "aegis", "--output", file];
    expect(await fob(["export", ...options], { env })).toMatchObject({ exitCode: 0 });
    expect(readFileSync(file, "utf8")).not.toContain(RFC_SECRET);
    const args = ["-c", OPEN_AEGIS, file, PASSPHRASE];
    const { stdout, stderr, status } = spawnSync(DEBIAN_PYTHON, args, { encoding: "utf8" });
    expect({ stderr, status }).toEqual({ stderr: "", status: 0 });
    const { entries } = JSON.parse(stdout);
    const secret = RFC_SECRET;
    expect(entries).toEqual([
      expect.objectContaining({
        ...{ type: "hotp", issuer: "ACME", name: "ann" },
        info: { secret, algo: "SHA1", digits: 6, counter: 0 },
      }),
      expect.objectContaining({
        ...{ type: "hotp", issuer: "big", name: "ann" },
        info: { secret, algo: "SHA256", digits: 6, counter: 2 ** 32 },
      }),
      expect.objectContaining({
        ...{ type: "totp", issuer: "Example", name: "bob" },
        info: { secret, algo: "SHA1", digits: 8, period: 30 },
      }),
    ]);
  });
});

describeWith({ protoc: "protobuf-compiler" }, "a migration code", () => {
  test("that fob writes is a message of Protocol Buffers as Google's compiler reads it", async () => {
    const { fob, home } = await homeWithTokens();
    const { stdout } = await fob(["export", "--format", "migration"]);
    const data = new URL(stdout.trim()).searchParams.get("data") ?? "";
    writeFileSync(join(home, "migration.proto"), MIGRATION);
    const args = [`--proto_path=${home}`, "--decode=Payload", join(home, "migration.proto")];
    const read = execFileSync("protoc", args, {
      input: Buffer.from(data, "base64"),
      encoding: "utf8",
    });
    expect(read.match(/secret: "12345678901234567890"/g)).toHaveLength(3);
    expect(read).toMatch(
      /issuer: "big"\n {2}algorithm: SHA256\n {2}digits: SIX\n {2}type: HOTP\n {2}counter: 4294967296/,
    );
    expect(read).toMatch(
      /issuer: "Example"\n {2}algorithm: SHA1\n {2}digits: EIGHT\n {2}type: TOTP/,
    );
    // what the schema does not know is shown by number
    expect(read).not.toMatch(/^\s*\d+:/m);
  });
});
