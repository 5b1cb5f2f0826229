import type { AsyncEntry } from "@napi-rs/keyring";
import { FobError } from "../../fob-error.ts";
import { type Text, t, translated } from "../../language.ts";
import type { Secret } from "../../token/secret.ts";
import type { KeyItem, KeyStore } from "../../vault/key-store.ts";

const SERVICE = "fob";
const KEY_BYTES = 32;

/**
 * Keeps the key in the operating system's keychain: macOS Keychain, Windows Credential Manager, or a Secret Service such as
 * GNOME Keyring or KWallet: the vault's key, or the one of `item`. `timeoutMs` bounds each call, because a keychain may wait for a person to unlock it.
 */
export function systemKeyStore(item: KeyItem | null, { timeoutMs }: { readonly timeoutMs: number }): KeyStore {
  const account = (vaultId: string) => (item === null ? vaultId : `${vaultId}/${item}`);
  return {
    async read(vaultId) {
      const text = await call(account(vaultId), timeoutMs, (entry, signal) => entry.getPassword(signal));
      return text === null ? null : decodeKey(text);
    },
    async provide(vaultId, key) {
      await call(account(vaultId), timeoutMs, (entry, signal) => entry.setPassword(key.toString("base64"), signal));
      return key;
    },
    async remove(vaultId) {
      await call(account(vaultId), timeoutMs, (entry, signal) => entry.deletePassword(signal));
    },
  };
}

function decodeKey(text: string): Secret {
  const key = Buffer.from(text, "base64");
  if (key.length === KEY_BYTES) return key;
  throw new FobError("invalid", t("the keychain's entry for this vault is not a key of fob"));
}

async function call<T>(
  account: string,
  timeoutMs: number,
  use: (entry: AsyncEntry, signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const { AsyncEntry } = await loadKeyring();
  const signal = AbortSignal.timeout(timeoutMs);
  try {
    // pinned: the package would else fall back to the kernel's keyring, which forgets at the next boot
    const entry = new AsyncEntry(SERVICE, account, { linux: { store: "secret-service" } });
    return await Promise.race([use(entry, signal), timeout(signal, timeoutMs)]);
  } catch (error) {
    throw error instanceof FobError ? error : unreachable(error);
  }
}

/** Its native part is an optional package, and needs a library that a new Windows does not have. */
async function loadKeyring(): Promise<typeof import("@napi-rs/keyring")> {
  try {
    return await import("@napi-rs/keyring");
  } catch (cause) {
    const message = t("the system keychain cannot be reached: the native part of @napi-rs/keyring is missing");
    throw new FobError("unavailable", message, { hint: translated(NATIVE_HINT), cause });
  }
}

/** The package's own signal stops a call that has not begun; one that waits for a person must be left behind. */
function timeout(signal: AbortSignal, timeoutMs: number): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener("abort", () => {
      reject(
        new FobError("unavailable", t`the system keychain did not answer within ${timeoutMs / 1000} s`, {
          hint: translated(UNLOCK_HINT),
        }),
      );
    });
  });
}

const NATIVE_HINT: Text =
  process.platform === "win32"
    ? "install Microsoft's Visual C++ Redistributable; without it, `--keychain file` or `--keychain none` makes a vault, and an existing one opens with its recovery code or for a grant (FOB_GRANT)"
    : "install fob with its optional packages; without them, `--keychain file` or `--keychain none` makes a vault, and an existing one opens with its recovery code or for a grant (FOB_GRANT)";
const UNLOCK_HINT: Text = "unlock it (a login session does), or choose `--keychain file` or `--keychain none`";
const INSTALL_HINT: Text =
  process.platform === "linux"
    ? "`--keychain file` keeps the key in a file that only you can read, `--keychain none` asks for a passphrase every time; a keychain is gnome-keyring or KWallet in a D-Bus session"
    : "`--keychain file` keeps the key in a file that only you can read, `--keychain none` asks for a passphrase every time";

function unreachable(cause: unknown): FobError {
  const isLocked =
    cause instanceof Error && /dismissed|locked|no result found|interaction is not allowed/i.test(cause.message);
  return isLocked
    ? new FobError("unavailable", t("the system keychain is locked, or has no collection yet"), {
        hint: translated(UNLOCK_HINT),
        cause,
      })
    : new FobError("unavailable", t("the system keychain cannot be reached"), {
        hint: translated(INSTALL_HINT),
        cause,
      });
}
