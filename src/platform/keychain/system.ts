import type { AsyncEntry } from "@napi-rs/keyring";
import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import type { Secret } from "#token/secret.ts";
import type { KeyItem, KeyStore } from "#vault/keys/key-store.ts";

const SERVICE = "fob";
const KEY_BYTES = 32;

/** Options for calls of the keychain. */
interface KeychainOptions {
  readonly timeoutMs: number;
  /** The system that hints are about. */
  readonly platform?: NodeJS.Platform;
}

/** The id of no vault. To look it up checks that the keychain answers. */
const NO_VAULT = "0".repeat(32);

/**
 * Stores a key in the operating system's keychain (macOS Keychain, Windows Credential Manager, or a
 * Secret Service such as GNOME Keyring or KWallet): the key of the vault, or of `item`. `timeoutMs`
 * limits each call, because a keychain may wait for a person to unlock it.
 */
export function systemKeyStore(
  item: KeyItem | null,
  { timeoutMs, platform = process.platform }: KeychainOptions,
): KeyStore {
  const account = (vaultId: string) => (item === null ? vaultId : `${vaultId}/${item}`);
  return {
    async read(vaultId) {
      const use: Use<string | null> = (entry, signal) => entry.getPassword(signal);
      const text = await call(
        account(vaultId),
        { timeoutMs, hints: hintsFor("existing", platform) },
        use,
      );
      return text === null ? null : decodeKey(text);
    },
    async provide(vaultId, key) {
      const use: Use<void> = (entry, signal) => entry.setPassword(key.toString("base64"), signal);
      await call(account(vaultId), { timeoutMs, hints: hintsFor("new", platform) }, use);
      return key;
    },
    async reach({ isForMove = false } = {}) {
      const hints = hintsFor(isForMove ? "moved" : "new", platform);
      await call(account(NO_VAULT), { timeoutMs, hints }, (entry, signal) =>
        entry.getPassword(signal),
      );
    },
    async remove(vaultId) {
      const use: Use<unknown> = (entry, signal) => entry.deletePassword(signal);
      await call(account(vaultId), { timeoutMs, hints: hintsFor("existing", platform) }, use);
    },
  };
}

function decodeKey(text: string): Secret {
  const key = Buffer.from(text, "base64");
  if (key.length === KEY_BYTES) return key;
  throw new FobError("invalid", t("the keychain's entry for this vault is not a key of fob"));
}

type Use<T> = (entry: AsyncEntry, signal: AbortSignal) => Promise<T>;

/**
 * Hints: for a missing native part of the package, for a locked keychain, and for one that cannot
 * be reached.
 */
interface Hints {
  readonly native: string;
  readonly locked: string;
  readonly unreachable: string;
}

async function call<T>(
  account: string,
  { timeoutMs, hints }: { readonly timeoutMs: number; readonly hints: Hints },
  use: Use<T>,
): Promise<T> {
  const { AsyncEntry } = await loadKeyring(hints);
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    // without this option the package may fall back to the kernel's keyring, which is lost at the
    // next boot
    const entry = new AsyncEntry(SERVICE, account, { linux: { store: "secret-service" } });
    return await Promise.race([use(entry, signal), timeout(signal, timeoutMs, hints)]);
  } catch (error) {
    throw error instanceof FobError ? error : unreachable(error, hints);
  }
}

/** The native part is an optional package, and needs a library that a new Windows does not have. */
async function loadKeyring({ native }: Hints): Promise<typeof import("@napi-rs/keyring")> {
  try {
    return await import("@napi-rs/keyring");
  } catch (cause) {
    const message = t(
      "the system keychain cannot be reached: the native part of @napi-rs/keyring is missing",
    );
    throw new FobError("unavailable", message, { hint: native, cause });
  }
}

/**
 * Rejects when the signal aborts. The package stops only calls that have not begun; one that waits
 * for a person is abandoned.
 */
function timeout(signal: AbortSignal, timeoutMs: number, { locked }: Hints): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => {
      reject(
        new FobError(
          "unavailable",
          t`the system keychain did not answer within ${timeoutMs / 1000} s`,
          {
            hint: locked,
          },
        ),
      );
    });
  });
}

/**
 * Why the keychain is called: for a new key, an existing key, or a key that moves to another
 * keychain.
 */
type Occasion = "new" | "existing" | "moved";

function hintsFor(occasion: Occasion, platform: NodeJS.Platform): Hints {
  if (occasion === "new") return { ...hintsForNew(platform), locked: unlockHint() };
  return {
    native:
      platform === "win32"
        ? t("install Microsoft's Visual C++ Redistributable")
        : t("install fob with its optional packages"),
    ...(occasion === "existing" ? hintsForExisting(platform) : hintsForMoved()),
  };
}

function unlockHint(): string {
  return t("unlock it (a login session does), or choose `--keychain file` or `--keychain none`");
}

function hintsForNew(platform: NodeJS.Platform): Omit<Hints, "locked"> {
  return {
    native:
      platform === "win32"
        ? t(
            "install Microsoft's Visual C++ Redistributable; without it, `--keychain file` or `--keychain none` makes a vault",
          )
        : t(
            "install fob with its optional packages; without them, `--keychain file` or `--keychain none` makes a vault",
          ),
    unreachable:
      platform === "linux"
        ? t(
            "`--keychain file` keeps the key in a file that only you can read, `--keychain none` asks for a passphrase every time; a keychain is gnome-keyring or KWallet in a D-Bus session",
          )
        : t(
            "`--keychain file` keeps the key in a file that only you can read, `--keychain none` asks for a passphrase every time",
          ),
  };
}

/**
 * Hints for an existing key: they do not suggest another keychain, because the key is in this one.
 */
function hintsForExisting(platform: NodeJS.Platform): Omit<Hints, "native"> {
  return {
    locked: t(
      "unlock it (a login session does); `fob unlock` there serves your other terminals too",
    ),
    unreachable:
      platform === "linux"
        ? t(
            "the key is there in the desktop session, where `fob unlock` serves your other terminals too; without a session, `dbus-run-session` starts one, in which the keychain must be unlocked",
          )
        : t(
            "the key is there in your login session, where `fob unlock` serves your other terminals too",
          ),
  };
}

/** Hints for a move that failed: the key stays in its old keychain. */
function hintsForMoved(): Omit<Hints, "native"> {
  return {
    locked: t("unlock it (a login session does)"),
    unreachable: t("it is there in your login session, once it is unlocked"),
  };
}

function unreachable(cause: unknown, hints: Hints): FobError {
  const isLocked =
    cause instanceof Error &&
    /dismissed|locked|no result found|interaction is not allowed/i.test(cause.message);
  return isLocked
    ? new FobError("unavailable", t("the system keychain is locked, or has no collection yet"), {
        hint: hints.locked,
        cause,
      })
    : new FobError("unavailable", t("the system keychain cannot be reached"), {
        hint: hints.unreachable,
        cause,
      });
}
