import { cpSync, existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { FobError } from "#base/fob-error.ts";
import { fileKeyStore } from "#platform/keychain/file.ts";
import { USER_PIN_POLICY } from "#token/pin-policy.ts";
import type { Chip, HeldKey } from "#vault/chip/chip.ts";
import { disableForToken, enableForToken } from "#vault/keys/biometrics.ts";
import { createHeader, newVaultId } from "#vault/keys/header.ts";
import { newKey } from "#vault/keys/keys.ts";
import type { VaultAccess } from "#vault/keys/vault-access.ts";
import { attemptsOfToken, updateAttempts } from "#vault/pins/attempts.ts";
import type { PinPrompt, PinRequest } from "#vault/pins/pin-prompt.ts";
import {
  askSecretKey,
  pinState,
  removeTokenPin,
  setTokenPin,
  tokenPinState,
} from "#vault/pins/token-pin.ts";
import { takePasscode } from "#vault/tokens/passcodes.ts";
import {
  type NewPin,
  type TokenRecord,
  unguardedSecretKey,
  wipeRecord,
} from "#vault/tokens/token-record.ts";
import { Vault } from "#vault/vault.ts";
import { addAtOnce, PLAIN } from "../add-at-once.ts";

const SET = new Date("2026-01-01T00:00:00Z");
const NEXT_DAY = new Date("2026-01-02T00:00:00Z");

/** A vault with one token whose PIN `83517` lasts a day, and the key of its secret. */
async function makeTemplate() {
  const home = mkdtempSync(join(tmpdir(), "fob-pin-"));
  const { id: vaultId } = createHeader(home, { id: newVaultId(), keychain: "file", slots: [] });
  const vault = new Vault({ home, vaultId }, newKey(), false);
  const credential = {
    kind: "hotp",
    algorithm: "SHA1",
    digits: 6,
    alphabet: "decimal",
    counter: 0n,
  } as const;
  const [token] = addAtOnce(vault, [{ name: "vpn", ...PLAIN, credential, secret: newKey() }], SET);
  const id = token?.id ?? "";
  const record = vault.read(id);
  const secretKey = unguardedSecretKey(record, vault.vaultKey);
  const policy = { ...USER_PIN_POLICY, expiryDays: 1 };
  await setTokenPin(vault, record, secretKey, newPin("83517", { policy }));
  return { home, vaultId, vaultKey: vault.vaultKey, id, secretKey };
}

let template: Awaited<ReturnType<typeof makeTemplate>>;

beforeAll(async () => {
  template = await makeTemplate();
});

afterAll(() => rmSync(template.home, { recursive: true, force: true }));

/** A copy of the template: stretching a PIN is slow on purpose. */
function guarded() {
  const home = mkdtempSync(join(tmpdir(), "fob-pin-"));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  cpSync(template.home, home, { recursive: true });
  const { vaultId, id } = template;
  const [vaultKey, secretKey] = [Buffer.from(template.vaultKey), Buffer.from(template.secretKey)];
  const vault = new Vault({ home, vaultId }, vaultKey, false);
  const access: VaultAccess = {
    ...{ home, keychain: null, recoveryCodes: null, pinPrompt: person().prompt },
    keyStore: (_, item) => fileKeyStore(home, item ?? null),
  };
  return { vault, id, secretKey, access };
}

function newPin(text: string, more: Partial<NewPin> = {}): NewPin {
  return { pin: Buffer.from(text), policy: USER_PIN_POLICY, setAt: SET, isOwn: true, ...more };
}

/** So many wrong PINs in a row. */
function fail(vault: Vault, id: string, times: number): void {
  updateAttempts(attemptsOfToken(vault, id), USER_PIN_POLICY.attempts, (state) => ({
    ...state,
    wrong: times,
  }));
}

/** A person who types these. */
function person(...answers: string[]): {
  readonly prompt: PinPrompt;
  readonly asked: PinRequest[];
} {
  const asked: PinRequest[] = [];
  const ask = async (request: PinRequest) => {
    asked.push(request);
    return Buffer.from(answers.shift() ?? "");
  };
  return { prompt: { interactive: true, ask, release: async () => null }, asked };
}

test("a PIN that has expired is changed by a person who uses the token", async () => {
  const { vault, id } = guarded();
  const before = new Date(NEXT_DAY.getTime() - 1);
  const first = person("83517");
  await vault.secretKey(vault.read(id), first.prompt, before);
  expect(first.asked.map(({ role }) => role)).toEqual(["current"]);

  const late = person("83517", "1234", "27954", "27954");
  const secretKey = await vault.secretKey(vault.read(id), late.prompt, NEXT_DAY);
  expect(late.asked.map(({ role, refusal }) => [role, refusal?.message])).toEqual([
    ["current", undefined],
    ["new", "the PIN of vpn must be changed: it has expired"],
    ["new", "this PIN is refused (run): its characters follow one another"],
    ["repeat", undefined],
  ]);
  const again = person("27954");
  expect(await vault.secretKey(vault.read(id), again.prompt, NEXT_DAY)).toEqual(secretKey);
  expect(again.asked).toHaveLength(1);
});

test("a script is told so, and gets nothing", async () => {
  const { vault, id } = guarded();
  const script: PinPrompt = {
    interactive: false,
    ask: async () => Buffer.from("83517"),
    release: async () => null,
  };
  await expect(vault.secretKey(vault.read(id), script, NEXT_DAY)).rejects.toMatchObject({
    code: "locked",
  });
});

describe("a PIN that changes while it is asked for", () => {
  async function changing(change: (vault: Vault, id: string) => Promise<void> | void, pin: string) {
    const { vault, id } = guarded();
    const ask = async () => {
      await change(vault, id);
      return Buffer.from(pin);
    };
    const prompt: PinPrompt = { interactive: false, ask, release: async () => null };
    return { vault, id, opened: askSecretKey(vault, vault.read(id), prompt) };
  }

  test("is judged as it is then: the new one opens, and costs nothing", async () => {
    const change = async (vault: Vault, id: string) => {
      const record = vault.read(id);
      const secretKey = await askSecretKey(vault, record, person("83517").prompt);
      await setTokenPin(vault, record, secretKey, newPin("27954"));
    };
    const { vault, id, opened } = await changing(change, "27954");
    expect(await opened).toHaveLength(32);
    expect(tokenPinState(vault, vault.read(id))).toEqual({ attemptsLeft: 10, locked: false });
  });

  test("is none where it was removed", async () => {
    const change = async (vault: Vault, id: string) => {
      const record = vault.read(id);
      await removeTokenPin(
        vault,
        record,
        await askSecretKey(vault, record, person("83517").prompt),
      );
    };
    const { vault, id, opened } = await changing(change, "83517");
    expect(await opened).toHaveLength(32);
    expect(vault.read(id).guard).toBeNull();
  });

  test("opens nothing where the secret was wiped", async () => {
    const { opened } = await changing((vault, id) => vault.update(id, wipeRecord), "83517");
    await expect(opened).rejects.toMatchObject({
      code: "locked",
      message: "the secret of vpn was wiped after too many wrong PINs",
    });
  });
});

describe("a PIN that another process has changed meanwhile", () => {
  /** A record as it was read before another process has written one with another wrapping. */
  function stale() {
    const bench = guarded();
    const { vault, id } = bench;
    const before = vault.read(id);
    vault.update(id, (record) => ({
      ...record,
      wrappedSecretKey: `${record.wrappedSecretKey.slice(4)}AAAA`,
    }));
    return { ...bench, before };
  }

  /** The same of a token that a chip holds: its key there is the only one that a PIN guards. */
  function staleInChip() {
    const bench = guarded();
    const { layout, vaultKey } = bench.vault;
    const chip = {
      changeAuth: async (key: HeldKey) => ({ ...key, privateArea: "b3Vycw==" }),
    } as unknown as Chip;
    const vault = new Vault(layout, vaultKey, false, chip);
    const areas = { parent: "", publicArea: "", privateArea: "Zm9ybWVy" };
    const held: HeldKey = { ...areas, algorithm: "SHA1" };
    vault.update(bench.id, (record) => ({ ...record, wrappedSecretKey: "", held }));
    const before = vault.read(bench.id);
    vault.update(bench.id, (record) => ({
      ...record,
      held: { ...held, privateArea: "dGhlaXJz" },
    }));
    return { ...bench, vault, before };
  }

  type Bench = ReturnType<typeof stale>;

  const ACTS: readonly [string, (bench: Bench) => Promise<unknown>][] = [
    [
      "set",
      ({ vault, before, secretKey }) => setTokenPin(vault, before, secretKey, newPin("60381")),
    ],
    ["removed", async ({ vault, before, secretKey }) => removeTokenPin(vault, before, secretKey)],
    [
      "joined by biometrics",
      ({ vault, before, secretKey, access }) => enableForToken(vault, before, secretKey, access),
    ],
    [
      "left by biometrics",
      ({ vault, before, access }) => {
        const wasOn: TokenRecord = {
          ...before,
          guard: before.guard && { ...before.guard, biometric: "x" },
        };
        return disableForToken(vault, wasOn, access);
      },
    ],
  ];

  const PLACES = [
    ["in the vault", stale],
    ["in a chip", staleInChip],
  ] as const;

  test.each(
    PLACES.flatMap(([place, read]) => ACTS.map(([how, act]) => [how, place, act, read] as const)),
  )(
    "is not %s by one who knew the former, where its key is %s",
    async (_how, _place, act, read) => {
      const bench = read();
      const there = bench.vault.read(bench.id);
      await expect(act(bench)).rejects.toMatchObject({
        code: "denied",
        message: "the PIN of vpn was changed by another process",
      });
      expect(bench.vault.read(bench.id)).toEqual(there);
    },
  );
});

describe("a new PIN", () => {
  test("changes nothing else of the token, and forgets what belonged to the one before", async () => {
    const { vault, id, secretKey, access } = guarded();
    await enableForToken(vault, vault.read(id), secretKey, access);
    const before = vault.read(id);
    takePasscode(vault, before, secretKey, SET);
    fail(vault, id, 10);
    expect(tokenPinState(vault, before)).toEqual({ attemptsLeft: 0, locked: true });
    await setTokenPin(vault, before, secretKey, newPin("27954"));
    const after = vault.read(id);
    expect(after.token.credential).toMatchObject({ counter: 1n });
    expect(after.guard?.biometric).toBeNull();
    expect(tokenPinState(vault, after)).toEqual({ attemptsLeft: 10, locked: false });
    expect(await vault.secretKey(after, person("27954").prompt, SET)).toEqual(secretKey);
  });

  test("must be changed first where its policy says so and somebody else chose it", async () => {
    const { vault, id, secretKey } = guarded();
    const policy = { ...USER_PIN_POLICY, changeFirst: true };
    for (const isOwn of [true, false]) {
      await setTokenPin(vault, vault.read(id), secretKey, newPin("27954", { policy, isOwn }));
      expect(vault.read(id).guard?.mustChange).toBe(!isOwn);
    }
  });
});

describe("removing a PIN", () => {
  test("changes nothing else of the token, and is told of by the index", async () => {
    const { vault, id, secretKey } = guarded();
    const before = vault.read(id);
    takePasscode(vault, before, secretKey, SET);
    fail(vault, id, 3);
    expect(vault.entries().map(({ pin }) => pin)).toEqual(["user"]);
    await removeTokenPin(vault, before, secretKey);
    expect(vault.entries().map(({ pin }) => pin)).toEqual(["none"]);
    expect(vault.read(id)).toMatchObject({
      guard: null,
      token: { pin: "none", credential: { counter: 1n } },
    });
    expect(existsSync(attemptsOfToken(vault, id).cell.folder)).toBe(false);
  });

  test("is refused where the issuer demands one", async () => {
    const { vault, id, secretKey } = guarded();
    vault.update(id, (record) => ({
      ...record,
      guard: record.guard && {
        ...record.guard,
        policy: { ...record.guard.policy, required: true },
      },
    }));
    const before = vault.read(id);
    await expect(removeTokenPin(vault, before, secretKey)).rejects.toThrow(
      expect.objectContaining({ code: "denied" }),
    );
    expect(vault.read(id)).toEqual(before);
  });
});

test("more wrong PINs than a policy allows leave no attempts, not fewer than none", () => {
  expect(pinState(USER_PIN_POLICY, 9)).toEqual({ attemptsLeft: 1, locked: false });
  expect(pinState(USER_PIN_POLICY, 12)).toEqual({ attemptsLeft: 0, locked: true });
});

test("a wiped secret leaves nothing that opens it or tells it again", () => {
  const { vault, id } = guarded();
  vault.update(id, wipeRecord);
  expect(vault.read(id)).toMatchObject({
    wrappedSecretKey: "",
    sealedSecret: "",
    fingerprint: null,
  });
});

describe("a finger that stands for a PIN", () => {
  const UNTOLD = new FobError("locked", "nobody types a PIN here");

  /** A token that a finger opens, and a person who lays it on and types nothing. */
  async function touched() {
    const bench = guarded();
    const { vault, id, secretKey, access } = bench;
    await enableForToken(vault, vault.read(id), secretKey, access);
    const asked: string[] = [];
    const prompt: PinPrompt = {
      interactive: false,
      release: ({ item }) => {
        asked.push(item);
        return access.keyStore("file", item).read(vault.layout.vaultId);
      },
      ask: () => Promise.reject(UNTOLD),
    };
    return { ...bench, asked, open: (now = SET) => vault.secretKey(vault.read(id), prompt, now) };
  }

  test("opens the token until too many wrong PINs have locked it", async () => {
    const { vault, id, secretKey, asked, open } = await touched();
    fail(vault, id, 9);
    expect(await open()).toEqual(secretKey);
    expect(asked).toEqual([`biometric-${id}`]);
    fail(vault, id, 10);
    await expect(open()).rejects.toBe(UNTOLD);
    expect(asked).toHaveLength(1);
  });

  test("is not asked for when the PIN must be changed", async () => {
    const { asked, open } = await touched();
    await expect(open(NEXT_DAY)).rejects.toBe(UNTOLD);
    expect(asked).toEqual([]);
  });
});
