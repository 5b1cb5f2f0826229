import { readFileSync } from "node:fs";
import { beforeAll, expect, test } from "vitest";
import type { HashAlgorithm } from "#otp/algorithm.ts";
import { parseOcraSuite } from "#otp/ocra-suite.ts";
import { tpmChip } from "#platform/hardware/chip.ts";
import { newlyEnrolled } from "#token/codec.ts";
import type { HotpCredential, OcraCredential, TotpCredential } from "#token/credential.ts";
import type { Secret } from "#token/secret.ts";
import type { Chip } from "#vault/chip/chip.ts";
import { takeHeldPasscode } from "#vault/chip/held-passcodes.ts";
import { holdSecret } from "#vault/chip/holding.ts";
import { newKey } from "#vault/keys/keys.ts";
import { answerChallenge } from "#vault/tokens/responses.ts";
import { createRecord, type TokenRecord, unguardedSecretKey } from "#vault/tokens/token-record.ts";
import type { TokenStore } from "#vault/tokens/token-store.ts";
import { EMULATOR, startEmulator } from "../../platform/hardware/emulator.ts";
import { describeWith } from "../../requires.ts";

function published<Row>(name: string): readonly Row[] {
  const file = new URL(`../../otp/vectors/${name}.json`, import.meta.url);
  return JSON.parse(readFileSync(file, "utf8"));
}

interface HotpRow {
  readonly secretHex: string;
  readonly counter: string;
  readonly algorithm: HashAlgorithm;
  readonly digits: number;
  readonly code: string;
}

interface TotpRow extends Omit<HotpRow, "counter"> {
  readonly time: number;
  readonly period: number;
}

interface OcraRow {
  readonly suite: string;
  readonly secretHex: string;
  readonly question: string;
  readonly counter?: string;
  readonly pin?: string;
  readonly time?: number;
  readonly side?: string;
  readonly code: string;
}

const VAULT = { layout: { home: "/nowhere", vaultId: "0123456789abcdef" }, vaultKey: newKey() };
const SINCE = new Date(0);

const COUNTING = { counts: false };

/** The chip's keys, by hash function and secret: there are few among the published values. */
const KEYS = new Map<string, Promise<TokenRecord>>();

let chip: Chip;

/** One token that the chip holds, in a store of its own. */
async function heldToken(
  credential: HotpCredential | TotpCredential | OcraCredential,
  secretHex: string,
) {
  const id = "0123456789abcdef";
  const parts = { id, name: "ACME", issuer: null, account: null, serial: null, format: "test" };
  const token = { ...newlyEnrolled(SINCE), ...parts, credential, pin: "none" } as const;
  const secret: Secret = Buffer.from(secretHex, "hex");
  const bare = createRecord(token, secret, VAULT.vaultKey);
  const hash =
    credential.kind === "ocra" ? parseOcraSuite(credential.suite).algorithm : credential.algorithm;
  const key = `${hash} ${secretHex}`;
  const held = KEYS.get(key) ?? holdSecret({ ...VAULT, chip: () => chip }, bare, secret, COUNTING);
  KEYS.set(key, held);
  let record: TokenRecord = { ...(await held), token };
  expect(record.sealedSecret).toBe("");
  const store: TokenStore = {
    layout: VAULT.layout,
    entries: () => [],
    findExactly: () => null,
    read: () => record,
    update: (_, change) => {
      record = change(record);
    },
    chip: () => chip,
    isPinGiven: () => false,
    secretKey: async () => unguardedSecretKey(record, VAULT.vaultKey),
  };
  return { store, record, auth: unguardedSecretKey(record, VAULT.vaultKey) };
}

describeWith(EMULATOR, "published values out of a TPM", () => {
  beforeAll(async () => {
    const ends: (() => void)[] = [];
    chip = tpmChip((await startEmulator((end) => void ends.push(end))).env);
    return () => {
      for (const end of ends) end();
    };
  });

  test("RFC 4226 Appendix D", async () => {
    const rows = published<HotpRow>("hotp-rfc4226");
    for (const { secretHex, counter, algorithm, digits, code } of rows) {
      const parts = { algorithm, digits, alphabet: "decimal", counter: BigInt(counter) } as const;
      const { store, record, auth } = await heldToken({ kind: "hotp", ...parts }, secretHex);
      const passcode = await takeHeldPasscode(store, chip, record, { auth, time: SINCE });
      expect(passcode).toEqual({ kind: "hotp", code, counter: BigInt(counter) });
    }
    expect(rows).toHaveLength(10);
  });

  test("RFC 6238 Appendix B, with SHA-1, SHA-256 and SHA-512", async () => {
    const rows = published<TotpRow>("totp-rfc6238");
    for (const { secretHex, algorithm, digits, time, period, code } of rows) {
      const parts = { algorithm, digits, alphabet: "decimal", period, t0: 0 } as const;
      const { store, record, auth } = await heldToken({ kind: "totp", ...parts }, secretHex);
      const at = new Date(time * 1000);
      const passcode = await takeHeldPasscode(store, chip, record, { auth, time: at });
      expect(passcode).toMatchObject({ kind: "totp", code });
    }
    expect(new Set(rows.map(({ algorithm }) => algorithm)).size).toBe(3);
  });

  test("RFC 6287 Appendix C", async () => {
    const rows = published<OcraRow>("ocra-rfc6287");
    for (const { suite, secretHex, question, counter, pin, time, side, code } of rows) {
      const count = counter === undefined ? null : BigInt(counter);
      const credential = { kind: "ocra", suite, counter: count } as const;
      const { store, record, auth } = await heldToken(credential, secretHex);
      const isMutual = side !== undefined;
      const { response } = await answerChallenge(store, record, auth, {
        // each side puts the other's challenge first
        challenge: isMutual ? question.slice(8) : question,
        serverChallenge: isMutual ? question.slice(0, 8) : null,
        serverResponse: null,
        session: null,
        unixSeconds: time ?? 0,
        pin: pin === undefined ? null : Buffer.from(pin),
      });
      expect({ suite, question, response }).toEqual({ suite, question, response: code });
    }
    expect(rows).toHaveLength(70);
  });
});
