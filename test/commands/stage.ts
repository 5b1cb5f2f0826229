import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { FobError } from "#base/fob-error.ts";
import type { CommandDefinition } from "#cli/command.ts";
import type { Progress } from "#cli/context.ts";
import { jsonPieces } from "#cli/output/json.ts";
import { type Style, UNCOLORED } from "#cli/output/style.ts";
import { type Settings, settingsOf } from "#cli/settings/settings.ts";
import { fileKeyStore } from "#platform/keychain/file.ts";
import type { Credential } from "#token/credential.ts";
import type { Token } from "#token/token.ts";
import { createVault, type OpenedVault, openToChange, openVault } from "#vault/keys/open.ts";
import type { VaultAccess } from "#vault/keys/vault-access.ts";
import type { PinPrompt } from "#vault/pins/pin-prompt.ts";
import { type Authenticator, directAuthenticator } from "#vault/tokens/authenticator.ts";
import type { Vault } from "#vault/vault.ts";
import { addAtOnce } from "../vault/add-at-once.ts";

/** The secret of the RFC's examples. */
export const SECRET = Buffer.from("12345678901234567890");

const OTP = { algorithm: "SHA1", digits: 6, alphabet: "decimal" } as const;
export const HOTP: Credential = { kind: "hotp", ...OTP, counter: 0n };
export const TOTP: Credential = { kind: "totp", ...OTP, digits: 8, period: 30, t0: 0 };

/** A real vault in a folder of its own, and the parts of a context that come from it. */
export interface Stage {
  readonly vault: Vault;
  readonly access: VaultAccess;
  readonly settings: Settings;
  findVault(): Promise<Vault>;
  ensureVault(): Promise<Vault>;
  findTokens(): Promise<Authenticator>;
  openToChange(how: { readonly byPin: boolean }): Promise<OpenedVault | null>;
  /** A bar that nobody sees. */
  progress(): Progress;
  /** Adds a token that {@link SECRET} is the secret of. */
  add(name: string, credential?: Credential, more?: Partial<Token>): Token;
}

/**
 * Makes a vault whose key a file keeps; the folder vanishes after the test. `pinPrompt` is asked
 * where opening it needs the app PIN, `clock` is the time of passcodes.
 */
export async function stage(
  pinPrompt: PinPrompt = answering(),
  clock: () => Date = () => new Date(),
): Promise<Stage> {
  const { home, access } = emptyHome(pinPrompt);
  const { vault } = await createVault("file", access);
  const opened = async () => {
    const again = await openVault(access);
    if (again) return again;
    throw new Error("the vault is gone");
  };
  return {
    vault,
    access,
    settings: settingsOf(home, {}, {}),
    findVault: opened,
    ensureVault: opened,
    findTokens: async () => directAuthenticator(vault, clock),
    openToChange: (how) => openToChange(access, how),
    progress: unseen,
    add(name, credential = HOTP, more = {}) {
      const about = { issuer: null, account: null, serial: null, format: "test", pin: "none" };
      const token = { name, credential, secret: SECRET, ...about, ...more } as const;
      const [added] = addAtOnce(vault, [token as never], new Date(0));
      if (!added) throw new Error("no token was added");
      return added;
    },
  };
}

/** The progress of work that nobody looks at. */
export const unseen = (): Progress => ({ step: () => undefined, end: () => undefined });

/** A folder without a vault, and how one would be opened there. */
export function emptyHome(pinPrompt: PinPrompt = answering()): {
  readonly home: string;
  readonly access: VaultAccess;
} {
  const home = mkdtempSync(join(tmpdir(), "fob-command-"));
  onTestFinished(() => rmSync(home, { recursive: true, force: true }));
  return {
    home,
    access: {
      home,
      keychain: null,
      keyStore: (_kind, item) => fileKeyStore(home, item ?? null),
      pinPrompt,
      recoveryCodes: null,
    },
  };
}

/** Answers each question with the next of these PINs, as a script does; then nobody is there. */
export function answering(...pins: string[]): PinPrompt {
  return {
    interactive: false,
    release: async () => null,
    async ask({ refusal }) {
      const pin = refusal ? undefined : pins.shift();
      if (pin !== undefined) return Buffer.from(pin);
      throw refusal ?? new FobError("locked", "nobody is there");
    },
  };
}

/** What a person and a script would read of a result. */
export function printed<Result>(
  command: Pick<
    CommandDefinition<never, never, Result, never>,
    "text" | "json" | "notes" | "failures" | "exitCode"
  >,
  result: Result,
  style: Style = UNCOLORED,
) {
  const json = [...jsonPieces(command.json(result))].join("");
  return {
    text: command.text(result, style),
    json: json === "" ? undefined : JSON.parse(json),
    notes: command.notes?.(result) ?? [],
    failures: (command.failures?.(result) ?? []).map(({ message }) => message),
    exitCode: command.exitCode?.(result) ?? 0,
  };
}
