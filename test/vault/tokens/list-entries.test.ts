import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { expect, onTestFinished, test } from "vitest";
import { joinCounters } from "#token/counter.ts";
import { entriesLeft, secretOfEntries, takeEntry } from "#vault/tokens/list-entries.ts";
import { decodeRecord, encodeRecord, unguardedSecretKey } from "#vault/tokens/token-record.ts";
import { Vault } from "#vault/vault.ts";
import { addAtOnce } from "../add-at-once.ts";

/** A list whose entries are e0, e1, ..., the first with this number. */
function desk(length: number, first = 1) {
  const home = mkdtempSync(join(tmpdir(), "fob-list-"));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  mkdirSync(join(home, "vault"));
  const vault = new Vault({ home, vaultId: "0".repeat(32) }, randomBytes(32), false);
  const names = { name: "bank", issuer: null, account: null, serial: null, format: "code-list" };
  const credential = { kind: "list", length, first, counter: 0n } as const;
  const secret = secretOfEntries(Array.from({ length }, (_, i) => `e${i}`));
  const [token] = addAtOnce(vault, [{ ...names, pin: "none", credential, secret }], new Date());
  const id = token?.id ?? "";
  const take = (wanted: string | null = null) => {
    const record = vault.read(id);
    return takeEntry(vault, record, unguardedSecretKey(record, vault.vaultKey), wanted);
  };
  return { vault, id, take };
}

test("entries are given in turn, or by their numbers, and none is given twice", () => {
  const { vault, id, take } = desk(4, 101);
  expect(take()).toEqual({ kind: "list", code: "e0", counter: 101n });
  expect(take("103")).toEqual({ kind: "list", code: "e2", counter: 103n });
  expect(() => take("103")).toThrow("entry 103 of bank was given already");
  expect(() => take("101")).toThrow("given already");
  for (const wrong of ["100", "105", "0", "x", "", "1e2", "999999"])
    expect(() => take(wrong)).toThrow("bank has the entries 101 to 104");
  expect(take().code).toBe("e1");
  const { credential } = vault.read(id).token;
  expect(credential.kind === "list" && entriesLeft(credential)).toBe(1);
  expect(take(" 104 ").code).toBe("e3");
  expect(take).toThrow("every entry of bank was given");
});

test("whatever is asked, each entry is given once, and the record comes back as it was", () => {
  fc.assert(
    fc.property(fc.array(fc.option(fc.integer({ min: 0, max: 9 })), { maxLength: 14 }), (asked) => {
      const { vault, id, take } = desk(8);
      const given = asked.flatMap((number) => {
        try {
          return take(number === null ? null : String(number)).code;
        } catch {
          return [];
        }
      });
      expect(new Set(given).size).toBe(given.length);
      const record = vault.read(id);
      expect(decodeRecord(encodeRecord(record))).toEqual(record);
      const { credential } = record.token;
      expect(credential.kind === "list" && entriesLeft(credential)).toBe(8 - given.length);
    }),
    { numRuns: 20 },
  );
});

test("of two copies, an entry counts as given that either has given", () => {
  expect(joinCounters("list", 0b0101n, 0b0011n)).toBe(0b0111n);
  expect(joinCounters("hotp", 5n, 3n)).toBe(5n);
});
