// Writes uses to the log, one after the other. Arguments: home, vault id, the public key in
// hexadecimal, the first part of the names, how many.

import { appendUses } from "#vault/uses/use-log.ts";

const [home = "", vaultId = "", key = "", name = "", count = "0"] = process.argv.slice(2);
const now = new Date();
for (let i = 0; i < Number(count); i++) {
  const use = {
    token: { id: "0123456789abcdef", name: `${name}-${i}` },
    purpose: "code",
    program: null,
    grant: null,
    isAllowed: true,
    isAsked: false,
    times: 1,
    first: now,
    last: now,
  } as const;
  appendUses({ home, vaultId }, Buffer.from(key, "hex"), [use]);
}
