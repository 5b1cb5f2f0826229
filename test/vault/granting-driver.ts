// Makes grants of a token, one after the other, and revokes every second of them. Tells each grant
// when it is made, and when it is revoked. Arguments: home, vault id, token id, the first part of
// the labels, how many. The vault key comes on standard input, in hexadecimal.

import { copyFileSync, mkdirSync, readdirSync, readFileSync, writeSync } from "node:fs";
import { basename, join } from "node:path";
import { grantCell } from "#vault/grants/grant-cell.ts";
import { grantKey, parseGrantSecret } from "#vault/grants/grant-secret.ts";
import { createGrant, revokeGrant } from "#vault/grants/grants.ts";
import { unguardedSecretKey } from "#vault/tokens/token-record.ts";
import { Vault } from "#vault/vault.ts";

const [home = "", vaultId = "", id = "", name = "", count = "0"] = process.argv.slice(2);
const vault = new Vault({ home, vaultId }, Buffer.from(readFileSync(0, "utf8"), "hex"), false);
for (let i = 0; i < Number(count); i++) {
  const label = `${name}-${i}`;
  const secretKey = unguardedSecretKey(vault.read(id), vault.vaultKey);
  const about = {
    label,
    rights: ["code"],
    createdAt: new Date(),
    expiresAt: null,
    confirm: false,
  } as const;
  const { secret } = createGrant(vault, about, [{ id, secretKey }]);
  writeSync(1, `made ${secret}\n`);
  if (i % 2 === 0) continue;
  // whoever has a grant may keep a copy of all that it needs
  keepCopy(secret, join(home, `kept-${label}`));
  revokeGrant(vault, label);
  writeSync(1, `revoked ${secret}\n`);
}

/** Copies what lies in a grant's cell while others write to it. */
function keepCopy(text: string, target: string): void {
  const grant = parseGrantSecret(text);
  const { folder } = grantCell(vault.layout, grant.id, grantKey(grant));
  mkdirSync(join(target, basename(folder)), { recursive: true });
  for (let copied = 0; copied === 0; ) {
    for (const name of readdirSync(folder).filter((one) => /^[0-9]+$/.test(one))) {
      try {
        copyFileSync(join(folder, name), join(target, basename(folder), name));
        copied++;
      } catch {
        // replaced by a newer one in this moment
      }
    }
  }
}
