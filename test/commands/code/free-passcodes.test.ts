import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, expect, onTestFinished, test, vi } from "vitest";
import type { Context } from "#cli/context.ts";
import { code } from "#commands/code/code.ts";
import { list } from "#commands/tokens/list.ts";
import { totp } from "#otp/totp.ts";
import type { Credential } from "#token/credential.ts";
import { USER_PIN_POLICY } from "#token/pin-policy.ts";
import type { Token } from "#token/token.ts";
import { newVaultId } from "#vault/keys/header.ts";
import { newKey } from "#vault/keys/keys.ts";
import { directAuthenticator } from "#vault/tokens/authenticator.ts";
import { guardRecord, type PinGuard, unguardedSecretKey } from "#vault/tokens/token-record.ts";
import { Vault } from "#vault/vault.ts";
import { addAtOnce } from "../../vault/add-at-once.ts";
import { unseen } from "../stage.ts";

const NOW = new Date("2026-01-01T00:00:00Z");
const SECRET = Buffer.from("12345678901234567890");
const OF_ALL = { algorithm: "SHA1", digits: 6, alphabet: "decimal" } as const;
const TOTP = { kind: "totp", ...OF_ALL, period: 30, t0: 0 } as const;
const KINDS: Readonly<Record<string, Credential>> = {
  free: TOTP,
  second: TOTP,
  hotp: { kind: "hotp", ...OF_ALL, counter: 0n },
  list: { kind: "list", length: 3, first: 1, counter: 0n },
  motp: { kind: "motp" },
  ocra: { kind: "ocra", suite: "OCRA-1:HOTP-SHA1-6:QN08", counter: null },
  "access 02": TOTP,
  "access FF": TOTP,
  PIN: TOTP,
  // the index, which is changed last, does not know of these yet
  "new PIN": TOTP,
  "new FF": TOTP,
  "new always": TOTP,
  others: TOTP,
  always: TOTP,
};

let home: string;
let context: Context;
let vault: Vault;

/**
 * Every kind of token in a vault that the app PIN has opened: an access domain of 02 hinders
 * nothing else.
 */
beforeAll(async () => {
  home = mkdtempSync(join(tmpdir(), "fob-free-"));
  vault = new Vault({ home, vaultId: newVaultId() }, newKey(), true);
  const rest = { issuer: null, account: null, serial: null, format: "test", pin: "none" } as const;
  const news = Object.entries(KINDS).map(([name, credential]) => ({
    name,
    credential,
    ...rest,
    secret: SECRET,
  }));
  for (const { id, name } of addAtOnce(vault, news, NOW)) {
    const domain = { "access 02": "02", "access FF": "FF" }[name] as "02" | "FF" | undefined;
    if (domain) vault.amend(id, (token) => ({ ...token, accessDomain: domain }));
    if (name === "others" || name === "always")
      vault.amend(id, (token) => ({ ...token, confirm: name }));
    if (name === "new FF") change(id, { accessDomain: "FF" });
    if (name === "new always") change(id, { confirm: "always" });
    if (name.endsWith("PIN")) await guard(id);
    if (name === "PIN") vault.amend(id, (token) => ({ ...token, pin: "user" }));
  }
  const tokens = directAuthenticator(vault, () => NOW);
  context = {
    findTokens: async () => tokens,
    clock: () => NOW,
    look: async () => undefined,
    sleep: async () => undefined,
    progress: unseen,
    settings: { choose: () => 0 },
    pinPrompt: {
      interactive: true,
      release: () => Promise.reject(new Error("no finger is asked for")),
      ask: () => Promise.reject(new Error("no PIN is asked for")),
    },
  } as unknown as Context;
  return () => rmSync(home, { recursive: true, force: true });
});

/** Changes a token, and not what the index says of it. */
function change(id: string, what: Pick<Partial<Token>, "accessDomain" | "confirm">): void {
  vault.update(id, (record) => ({ ...record, token: { ...record.token, ...what } }));
}

async function guard(id: string): Promise<void> {
  const record = vault.read(id);
  const { vaultKey } = vault;
  const keys = {
    vaultKey,
    secretKey: unguardedSecretKey(record, vaultKey),
    chip: () => vault.chip(),
  };
  const pin = { pin: Buffer.from("83517"), policy: USER_PIN_POLICY, setAt: NOW, isOwn: true };
  const { guard, wrappedSecretKey } = await guardRecord(record, keys, pin);
  vault.update(id, (before) => ({ ...before, guard: guard as PinGuard, wrappedSecretKey }));
}

const expected = totp({ ...TOTP, secret: SECRET, unixSeconds: NOW.getTime() / 1000 }).code;

/** The context with nobody at a terminal, or with a person who types there; the free tokens. */
const PLACES = [
  ["without a terminal", undefined, ["free", "second"]],
  ["for a person who types", "typing", ["free", "others", "second"]],
] as const;

const placed = (atTerminal: "typing" | undefined): Context => ({
  ...context,
  pinPrompt: { ...context.pinPrompt, atTerminal },
});

test.each(PLACES)(
  "`code --all` gives the passcodes that use nothing up and need nobody, and says why it leaves others out: %s",
  async (_, atTerminal, free) => {
    const options = {
      all: true,
      tag: undefined,
      copy: false,
      notify: false,
      notifyCode: false,
      once: false,
      next: false,
      watch: false,
      withPin: false,
    };
    const none = {
      at: undefined,
      clearAfter: undefined,
      format: undefined,
      minValidity: undefined,
    };
    const read = vi.spyOn(vault, "read");
    onTestFinished(() => read.mockRestore());
    const made = await code.run({ names: [], ...options, ...none }, placed(atTerminal));
    const ids = read.mock.calls.map(([id]) => id);
    expect(ids.length).toBeGreaterThanOrEqual(free.length);
    expect(new Set(ids).size).toBe(ids.length);
    if (made.kind !== "printed") throw new Error("passcodes were asked for");
    expect(made.codes.map(({ token, passcode }) => [token.name, passcode.code])).toEqual(
      free.map((name) => [name, expected]),
    );
    expect(made.failures).toEqual([]);
    const why =
      "event-based, lists of one-time passwords, challenge-response, guarded by a PIN, used only after a question, without access";
    expect(made.notes).toEqual([
      `left out ${Object.keys(KINDS).length - free.length} tokens (${why}): to use one, name it`,
    ]);
    expect(vault.read(vault.findExactly("hotp")?.id ?? "").token.credential).toMatchObject({
      counter: 0n,
    });
  },
);

test.each(PLACES)(
  "`list --codes` shows all tokens, and a passcode for those alone: %s",
  async (_, atTerminal, free) => {
    const listing = await list.run(
      { pattern: undefined, codes: true, watch: false, tag: undefined, sort: undefined },
      placed(atTerminal),
    );
    if (listing.kind !== "table") throw new Error("a table was asked for");
    const shown = listing.tokens.map(({ token, passcode }) => [token.name, passcode?.code ?? null]);
    const wanted = Object.keys(KINDS).map((name) => [
      name,
      (free as readonly string[]).includes(name) ? expected : null,
    ]);
    expect(new Map(shown as [string, string][])).toEqual(new Map(wanted as [string, string][]));
    expect(listing.failures).toEqual([]);
  },
);
