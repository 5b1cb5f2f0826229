import { statSync } from "node:fs";
import { isSettled } from "#base/file-age.ts";
import { needsNoPin } from "#token/access-domain.ts";
import { forget, type Secret } from "#token/secret.ts";
import { CellCache } from "#vault/cells/cell-cache.ts";
import { removedFolder, type VaultLayout } from "#vault/cells/layout.ts";
import type { Chip } from "#vault/chip/chip.ts";
import type { PinPrompt } from "#vault/pins/pin-prompt.ts";
import { touch } from "#vault/tokens/last-uses.ts";
import { type Passcode, takePasscode } from "#vault/tokens/passcodes.ts";
import type { IndexEntry } from "#vault/tokens/token-index.ts";
import type { TokenRecord } from "#vault/tokens/token-record.ts";
import type { TokenStore } from "#vault/tokens/token-store.ts";
import type { Vault } from "#vault/vault.ts";

/**
 * A passcode that is given again while it is valid, the record it was made from, and when the use
 * of its token was last recorded.
 */
interface KeptPasscode {
  readonly record: TokenRecord;
  readonly passcode: Extract<Passcode, { readonly validUntil: Date }>;
  notedAt: number;
}

/**
 * How long a check of the disk is valid, in milliseconds: a program that has changed something
 * takes longer than that to end.
 */
const LOOK_MS = 1;

/** A passcode, and when the disk was last checked for changes of its name, on a monotonic clock. */
interface SeenPasscode {
  readonly kept: KeptPasscode;
  readonly at: number;
}

/**
 * How often the use of a token is recorded while the same passcode is requested, in milliseconds.
 */
const NOTE_MS = 1_000;

interface KnownKey {
  readonly record: TokenRecord;
  readonly secretKey: Secret;
}

interface KeptIndex {
  readonly entries: readonly IndexEntry[];
  readonly byName: ReadonlyMap<string, IndexEntry>;
}

/**
 * An open vault for many requests: files that have not changed on disk are not read again. Other
 * processes write to the same files at any time.
 */
export class UnlockedTokens implements TokenStore {
  readonly layout: VaultLayout;
  readonly #vault: Vault;
  readonly #records = new CellCache<TokenRecord>();
  #index = new CellCache<KeptIndex>();
  /** The modification time of the folder of removed tokens when the index was read; 0 for none. */
  #removed = 0;
  /** The keys of secrets without a PIN, by token id. */
  readonly #secretKeys = new Map<string, KnownKey>();
  readonly #passcodes = new Map<string, KeptPasscode>();
  /** By the name that was asked for. */
  readonly #seen = new Map<string, SeenPasscode>();

  constructor(vault: Vault) {
    this.layout = vault.layout;
    this.#vault = vault;
  }

  entries(): IndexEntry[] {
    return [...this.#readIndex().entries];
  }

  findExactly(query: string): IndexEntry | null {
    return this.#readIndex().byName.get(query) ?? null;
  }

  read(id: string): TokenRecord {
    return this.#records.value(this.#vault.tokenCell(id), () => this.#vault.read(id));
  }

  update(id: string, change: (record: TokenRecord) => TokenRecord): void {
    this.#seen.clear();
    this.#vault.update(id, change);
  }

  chip(): Chip {
    return this.#vault.chip();
  }

  isPinGiven(record: TokenRecord): boolean {
    return this.#vault.isPinGiven(record);
  }

  async secretKey(record: TokenRecord, prompt: PinPrompt, now: Date): Promise<Secret> {
    const known = this.#secretKeys.get(record.token.id);
    if (known?.record === record) return Buffer.from(known.secretKey);
    const secretKey = await this.#vault.secretKey(record, prompt, now);
    const isFree = needsNoPin(record.token, record.guard !== null);
    // a kept key gives passcodes at once, without a person
    if (isFree && record.token.confirm === "never") this.#keep(record, secretKey);
    return secretKey;
  }

  /**
   * The passcode of a time-based token that was requested before, without waiting: it only checks
   * that index and record have not changed on disk. Null for everything else; the caller then takes
   * the ordinary path.
   */
  passcodeAtOnce(name: string, now: Date): string | null {
    const at = performance.now();
    const seen = this.#seen.get(name);
    const isSeen = seen !== undefined && at - seen.at < LOOK_MS && isGood(seen.kept.passcode, now);
    const kept = isSeen ? seen.kept : this.#look(name, now);
    if (!kept) return null;
    if (!isSeen) this.#seen.set(name, { kept, at });
    if (Math.abs(now.getTime() - kept.notedAt) >= NOTE_MS) {
      touch(this, [kept.record.token.id], now);
      kept.notedAt = now.getTime();
    }
    return kept.passcode.code;
  }

  #look(name: string, now: Date): KeptPasscode | null {
    const id = this.findExactly(name)?.id ?? "";
    const known = this.#secretKeys.get(id);
    if (!known || this.read(id) !== known.record) return null;
    const kept = this.#passcodes.get(id);
    return kept?.record === known.record && isGood(kept.passcode, now)
      ? kept
      : this.#makePasscode(known, now);
  }

  #makePasscode({ record, secretKey }: KnownKey, now: Date): KeptPasscode | null {
    const { id, credential } = record.token;
    if (credential.kind !== "totp" || record.held) return null;
    const passcode = takePasscode(this, record, secretKey, now);
    if ("counter" in passcode) return null;
    touch(this, [id], now);
    const made = { record, passcode, notedAt: now.getTime() };
    this.#passcodes.set(id, made);
    return made;
  }

  /** Overwrites all its keys. */
  forget(): void {
    this.#seen.clear();
    this.#passcodes.clear();
    forget(
      this.#vault.vaultKey,
      ...[...this.#secretKeys.values()].map(({ secretKey }) => secretKey),
    );
  }

  #keep(record: TokenRecord, secretKey: Secret): void {
    const { id } = record.token;
    // the cached record was dropped and will not be used again
    if (!this.#records.has(this.#vault.tokenCell(id), record)) return;
    forget(this.#secretKeys.get(id)?.secretKey);
    this.#secretKeys.set(id, { record, secretKey: Buffer.from(secretKey) });
  }

  #readIndex(): KeptIndex {
    const removed = statSync(removedFolder(this.layout), { throwIfNoEntry: false })?.mtimeMs ?? 0;
    // an interrupted removal has moved the token but not yet changed the index
    if (removed !== this.#removed || !isSettled(removed)) this.#index = new CellCache<KeptIndex>();
    this.#removed = removed;
    return this.#index.value(this.#vault.indexCell(), () => {
      const entries = this.#vault.entries();
      const byName = new Map([
        ...entries.map((entry) => [entry.name, entry] as const),
        ...entries.map((entry) => [entry.id, entry] as const),
      ]);
      return { entries, byName };
    });
  }
}

function isGood({ validFrom, validUntil }: KeptPasscode["passcode"], now: Date): boolean {
  return validFrom <= now && now < validUntil;
}
