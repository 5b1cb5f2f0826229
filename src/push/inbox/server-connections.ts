import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { providerOf } from "#push/protocols.ts";
import type { ServerConnection } from "#push/provider.ts";
import { isPushToken, type PushToken } from "#push/push-token.ts";
import { refuseByDomain } from "#token/access-domain.ts";
import { forget } from "#token/secret.ts";
import type { PinPrompt } from "#vault/pins/pin-prompt.ts";
import { secretOf } from "#vault/tokens/passcodes.ts";
import type { TokenRecord } from "#vault/tokens/token-record.ts";
import type { TokenStore } from "#vault/tokens/token-store.ts";

/** A connection that is kept. */
interface Kept {
  readonly connection: ServerConnection;
  /** Whether the token had a PIN when it was opened. */
  readonly isGuarded: boolean;
}

/**
 * The connections of tokens to their servers. It keeps the signing keys from {@link open} to {@link
 * close}.
 */
export class ServerConnections {
  readonly #store: TokenStore;
  readonly #now: () => Date;
  /** By the id of the token. */
  readonly #connections = new Map<string, Kept>();

  constructor(store: TokenStore, now: () => Date) {
    this.#store = store;
    this.#now = now;
  }

  /** Whether a connection was opened with the token's PIN, by the token's id. */
  has(tokenId: string): boolean {
    return this.#connections.get(tokenId)?.isGuarded ?? false;
  }

  /**
   * Opens a token's connection and keeps it; asks for the token's PIN if it has one. Throws
   * FobError `denied`, `locked` and `usage`.
   */
  async open(record: TokenRecord, prompt: PinPrompt): Promise<void> {
    await this.#keep(record, prompt);
  }

  /**
   * Opens a connection without keeping it, for an answer that needs the PIN again. Throws as {@link
   * open} does.
   */
  async openOnce(record: TokenRecord, prompt: PinPrompt): Promise<ServerConnection> {
    const token = pushToken(record);
    const provider = providerOf(token.credential);
    if (!provider) {
      throw new FobError(
        "usage",
        t`the login requests of ${token.name} are scanned, its server is not asked for them`,
      );
    }
    const secretKey = await this.#store.secretKey(record, prompt, this.#now());
    const secret = secretOf(record, secretKey);
    try {
      return provider.open(token, secret);
    } finally {
      forget(secretKey, secret);
    }
  }

  /**
   * The connection of a token. That of a token without a PIN is opened at first use, because it
   * needs no PIN; it is not used when the token has a PIN since. Throws as {@link open} does.
   */
  async of(record: TokenRecord): Promise<ServerConnection> {
    refuseByDomain(record.token, this.#store.isPinGiven(record));
    const kept = this.#connections.get(record.token.id);
    const isUsable = kept !== undefined && (kept.isGuarded || record.guard === null);
    return isUsable ? kept.connection : this.#keep(record, NO_PIN);
  }

  async #keep(record: TokenRecord, prompt: PinPrompt): Promise<ServerConnection> {
    const connection = await this.openOnce(record, prompt);
    this.#connections.set(record.token.id, { connection, isGuarded: record.guard !== null });
    return connection;
  }

  /** Drops the connections and their keys. */
  close(): void {
    this.#connections.clear();
  }
}

/** The push token of a record. Throws FobError `usage` for another kind of token. */
export function pushToken({ token }: TokenRecord): PushToken {
  if (isPushToken(token)) return token;
  throw new FobError("usage", t`${token.name} approves no login requests`);
}

const NO_PIN: PinPrompt = {
  interactive: false,
  release: async () => null,
  ask: async ({ of }) => {
    throw new FobError("locked", t`the PIN of ${of} is needed before its server can be asked`);
  },
};
