// Takes recovery codes of a token, one after the other, and prints each as soon as it has it.
// Arguments: home, vault id, token id, how many. The vault key comes on standard input, in
// hexadecimal.

import { readFileSync, writeSync } from "node:fs";
import { belongingsKey } from "#vault/belongings/belongings-key.ts";
import { countCodes, takeCode } from "#vault/belongings/recovery-codes.ts";
import { unguardedSecretKey } from "#vault/tokens/token-record.ts";
import { Vault } from "#vault/vault.ts";

const [home = "", vaultId = "", id = "", count = "0"] = process.argv.slice(2);
const vault = new Vault({ home, vaultId }, Buffer.from(readFileSync(0, "utf8"), "hex"), false);
const record = vault.read(id);
const key = await belongingsKey(vault, record, unguardedSecretKey(record, vault.vaultKey));
for (let i = 0; i < Number(count) && countCodes(vault, id)?.left !== 0; i++)
  writeSync(1, `${takeCode(vault, record.token, key, new Date()).code}\n`);
