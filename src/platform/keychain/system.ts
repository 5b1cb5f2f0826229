import type { AsyncEntry } from "@napi-rs/keyring";
import { FobError } from "#base/fob-error.ts";
import { type Text, t, translated } from "#base/language.ts";
import type { Secret } from "#token/secret.ts";
import type { KeyItem, KeyStore } from "#vault/keys/key-store.ts";

const SERVICE = "fob";
const KEY_BYTES = 32;

/** The id of no vault: the keychain answers that it holds nothing, which is an answer. */
const NO_VAULT = "0".repeat(32);

/**
 * Keeps the key in the operating system's keychain: macOS Keychain, Windows Credential Manager, or
 * a Secret Service such as GNOME Keyring or KWallet: the vault's key, or the one of `item`.
 * `timeoutMs` bounds each call, because a keychain may wait for a person to unlock it.
 */
export function systemKeyStore(
  item: KeyItem | null,
  { timeoutMs }: { readonly timeoutMs: number },
): KeyStore {
  const account = (vaultId: string) => (item === null ? vaultId : `${vaultId}/${item}`);
  return {
    async read(vaultId) {
      const use: Use<string | null> = (entry, signal) => entry.getPassword(signal);
      const text = await call(account(vaultId), { timeoutMs, hints: EXISTING_KEY }, use);
      return text === null ? null : decodeKey(text);
    },
    async provide(vaultId, key) {
      const use: Use<void> = (entry, signal) => entry.setPassword(key.toString("base64"), signal);
      await call(account(vaultId), { timeoutMs, hints: NEW_KEY }, use);
      return key;
    },
    async reach({ isForMove = false } = {}) {
      const hints = isForMove ? MOVED_KEY : NEW_KEY;
      await call(account(NO_VAULT), { timeoutMs, hints }, (entry, signal) =>
        entry.getPassword(signal),
      );
    },
    async remove(vaultId) {
      const use: Use<unknown> = (entry, signal) => entry.deletePassword(signal);
      await call(account(vaultId), { timeoutMs, hints: EXISTING_KEY }, use);
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
 * What helps when the package lacks its native part, when the keychain is locked, and when it
 * cannot be reached.
 */
interface Hints {
  readonly native: Text;
  readonly locked: Text;
  readonly unreachable: Text;
}

async function call<T>(
  account: string,
  { timeoutMs, hints }: { readonly timeoutMs: number; readonly hints: Hints },
  use: Use<T>,
): Promise<T> {
  const { AsyncEntry } = await loadKeyring(hints);
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    // pinned: the package would else fall back to the kernel's keyring, which forgets at the next
    // boot
    const entry = new AsyncEntry(SERVICE, account, { linux: { store: "secret-service" } });
    return await Promise.race([use(entry, signal), timeout(signal, timeoutMs, hints)]);
  } catch (error) {
    throw error instanceof FobError ? error : unreachable(error, hints);
  }
}

/** Its native part is an optional package, and needs a library that a new Windows does not have. */
async function loadKeyring({ native }: Hints): Promise<typeof import("@napi-rs/keyring")> {
  try {
    return await import("@napi-rs/keyring");
  } catch (cause) {
    const message = t(
      "the system keychain cannot be reached: the native part of @napi-rs/keyring is missing",
    );
    throw new FobError("unavailable", message, { hint: translated(native), cause });
  }
}

/**
 * The package's own signal stops a call that has not begun; one that waits for a person must be
 * left behind.
 */
function timeout(signal: AbortSignal, timeoutMs: number, { locked }: Hints): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => {
      reject(
        new FobError(
          "unavailable",
          t`the system keychain did not answer within ${timeoutMs / 1000} s`,
          {
            hint: translated(locked),
          },
        ),
      );
    });
  });
}

const NATIVE_HINT: Text =
  process.platform === "win32"
    ? "install Microsoft's Visual C++ Redistributable; without it, `--keychain file` or `--keychain none` makes a vault"
    : "install fob with its optional packages; without them, `--keychain file` or `--keychain none` makes a vault";
const UNLOCK_HINT: Text =
  "unlock it (a login session does), or choose `--keychain file` or `--keychain none`";
const INSTALL_HINT: Text =
  process.platform === "linux"
    ? "`--keychain file` keeps the key in a file that only you can read, `--keychain none` asks for a passphrase every time; a keychain is gnome-keyring or KWallet in a D-Bus session"
    : "`--keychain file` keeps the key in a file that only you can read, `--keychain none` asks for a passphrase every time";
const NEW_KEY: Hints = { native: NATIVE_HINT, locked: UNLOCK_HINT, unreachable: INSTALL_HINT };

/** Somebody else cannot keep a key that is there already. */
const SESSION_HINT: Text =
  process.platform === "linux"
    ? "the key is there in the desktop session, where `fob unlock` serves your other terminals too; without a session, `dbus-run-session` starts one, in which the keychain must be unlocked"
    : "the key is there in your login session, where `fob unlock` serves your other terminals too";
const EXISTING_KEY: Hints = {
  native:
    process.platform === "win32"
      ? "install Microsoft's Visual C++ Redistributable"
      : "install fob with its optional packages",
  locked: "unlock it (a login session does); `fob unlock` there serves your other terminals too",
  unreachable: SESSION_HINT,
};

/** The key stays where it is. */
const MOVED_KEY: Hints = {
  native: EXISTING_KEY.native,
  locked: "unlock it (a login session does)",
  unreachable: "it is there in your login session, once it is unlocked",
};

function unreachable(cause: unknown, hints: Hints): FobError {
  const isLocked =
    cause instanceof Error &&
    /dismissed|locked|no result found|interaction is not allowed/i.test(cause.message);
  return isLocked
    ? new FobError("unavailable", t("the system keychain is locked, or has no collection yet"), {
        hint: translated(hints.locked),
        cause,
      })
    : new FobError("unavailable", t("the system keychain cannot be reached"), {
        hint: translated(hints.unreachable),
        cause,
      });
}
