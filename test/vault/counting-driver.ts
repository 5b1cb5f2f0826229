// Takes event-based passcodes from a vault, one after the other, and tells each counter as soon as
// it has it. Arguments: home, vault id, token id, how many. The vault key comes on standard input,
// in hexadecimal.

import { readFileSync, writeSync } from "node:fs";
import { takePasscode } from "#vault/tokens/passcodes.ts";
import { unguardedSecretKey } from "#vault/tokens/token-record.ts";
import { Vault } from "#vault/vault.ts";

const [home = "", vaultId = "", id = "", count = "0"] = process.argv.slice(2);
const vault = new Vault({ home, vaultId }, Buffer.from(readFileSync(0, "utf8"), "hex"), false);
for (let i = 0; i < Number(count); i++) {
  const record = vault.read(id);
  const passcode = takePasscode(
    vault,
    record,
    unguardedSecretKey(record, vault.vaultKey),
    new Date(),
  );
  if (passcode.kind === "hotp") writeSync(1, `${passcode.counter} ${passcode.code}\n`);
}
