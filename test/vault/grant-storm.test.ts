import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { cpSync, mkdtempSync, readdirSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { openGrant } from "#vault/grants/granted-tokens.ts";
import { listGrants, revokeGrant } from "#vault/grants/grants.ts";
import { createHeader, newVaultId } from "#vault/keys/header.ts";
import { takePasscode } from "#vault/tokens/passcodes.ts";
import { Vault } from "#vault/vault.ts";
import { isTorture } from "../sampled.ts";
import { addAtOnce } from "./add-at-once.ts";
import { driverFrom } from "./driver.ts";

/** `npm run torture` has more of all. */
const [PROCESSES, GRANTS, ROUNDS] = isTorture ? [20, 12, 8] : [8, 2, 2];

const { folder, driver } = driverFrom(new URL("granting-driver.ts", import.meta.url));

function newVault() {
  const home = mkdtempSync(join(folder, "home-"));
  const slots = [{ type: "keychain", wrapped: randomBytes(60).toString("base64") }] as const;
  const header = createHeader(home, { id: newVaultId(), keychain: "file", slots: [...slots] });
  const vault = new Vault({ home, vaultId: header.id }, randomBytes(32), false);
  const credential = {
    kind: "hotp",
    algorithm: "SHA1",
    digits: 6,
    alphabet: "decimal",
    counter: 0n,
  } as const;
  const names = {
    name: "vpn",
    issuer: null,
    account: null,
    serial: null,
    format: "key-uri",
    pin: "none",
  } as const;
  const [token] = addAtOnce(vault, [{ ...names, credential, secret: randomBytes(20) }], new Date());
  if (!token) throw new Error("a token was added and did not come back");
  return { home, vault, id: token.id };
}

/** What one process said: a verb and a grant a line. */
function grantInProcess(
  { home, vault, id }: ReturnType<typeof newVault>,
  name: string,
): Promise<string[]> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [
      driver,
      home,
      vault.layout.vaultId,
      id,
      name,
      String(GRANTS),
    ]);
    let [said, failure] = ["", ""];
    child.stdout.on("data", (chunk) => {
      said += chunk;
    });
    child.stderr.on("data", (chunk) => {
      failure += chunk;
    });
    child.on("close", (code) =>
      code === 0 ? resolve(said.trim().split("\n")) : reject(new Error(failure)),
    );
    child.stdin.end(vault.vaultKey.toString("hex"));
  });
}

async function takeByGrant(home: string, id: string, grant: string): Promise<bigint> {
  const granted = openGrant(home, grant, () => new Date());
  const record = granted.read(id);
  const passcode = takePasscode(granted, record, await granted.secretKey(record), new Date());
  return passcode.kind === "hotp" ? passcode.counter : -1n;
}

describe("grants that many processes make and revoke at once", () => {
  test("all open their token as long as they are not revoked, and nothing afterwards", {
    timeout: 300_000,
  }, async () => {
    const fresh = newVault();
    const { home, vault, id } = fresh;
    const counters: bigint[] = [];
    const valid: string[] = [];
    const revoked: string[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const names = Array.from({ length: PROCESSES }, (_, i) => `r${round}p${i}`);
      const lines = (await Promise.all(names.map((name) => grantInProcess(fresh, name)))).flat();
      const grantsOf = (verb: string) =>
        lines.flatMap((line) => (line.startsWith(`${verb} `) ? [line.slice(verb.length + 1)] : []));
      const gone = new Set(grantsOf("revoked"));
      revoked.push(...gone);
      valid.push(...grantsOf("made").filter((grant) => !gone.has(grant)));
      expect(listGrants(vault)).toHaveLength(valid.length);
      for (const grant of valid) counters.push(await takeByGrant(home, id, grant));
    }
    expect(valid).toHaveLength((ROUNDS * PROCESSES * GRANTS) / 2);
    // a copy of a grant's file from before it was revoked
    for (const name of readdirSync(home).filter((one) => one.startsWith("kept-"))) {
      cpSync(join(home, name), join(home, "vault", "grants"), { recursive: true, force: false });
    }
    for (const grant of revoked)
      await expect(takeByGrant(home, id, grant)).rejects.toMatchObject({ code: "denied" });
    counters.push(await takeByGrant(home, id, valid[0] ?? ""));
    expect(counters).toEqual(counters.map((_, i) => BigInt(i)));
    for (const { label } of listGrants(vault)) revokeGrant(vault, label);
    for (const grant of valid)
      await expect(takeByGrant(home, id, grant)).rejects.toMatchObject({ code: "denied" });
  });
});
