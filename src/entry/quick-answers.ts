import { claimant } from "#agent/protocol/claim.ts";
import { FobError } from "#base/fob-error.ts";
import { readConfig } from "#cli/settings/config-file.ts";
import type { TokenPasscode } from "#commands/code/passcode-view.ts";
import { keyFilePath, readKeyFile } from "#platform/keychain/key-file.ts";
import { needsNoPin } from "#token/access-domain.ts";
import { findToken } from "#token/find-token.ts";
import { fold } from "#token/names.ts";
import { tagsOf } from "#token/tags.ts";
import type { Header } from "#vault/keys/header.ts";
import { peekHeader } from "#vault/keys/header-peek.ts";
import { findSlot, keyItemOf, openKeychainSlot } from "#vault/keys/slots.ts";
import { touch } from "#vault/tokens/last-uses.ts";
import { type Passcode, takePasscode } from "#vault/tokens/passcodes.ts";
import { type TokenRecord, unguardedSecretKey } from "#vault/tokens/token-record.ts";
import { Vault } from "#vault/vault.ts";
import { type CodeOptions, parseCodeOptions } from "./code-options.ts";

/** The home of a vault, and its header. */
interface Found {
  readonly home: string;
  readonly header: Header;
}

/**
 * Answers a command line on the fast path; null for one that needs a person or the whole program.
 * Rejects as {@link passcode} does.
 */
export async function answerQuickly(
  [command, ...rest]: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<string | null> {
  if (command === "__complete") return completions(rest, env);
  const options = command === "code" ? parseCodeOptions(rest) : null;
  return options && orNull(() => passcode(options, env));
}

/**
 * The output of `fob code NAME`, if files or an agent suffice and no PIN is needed; null otherwise.
 * Rejects with a FobError when the whole program must report the error, and with `isDone` when a
 * counter has moved on but there is no passcode to print.
 */
async function passcode(options: CodeOptions, env: NodeJS.ProcessEnv): Promise<string | null> {
  const found = await find(env);
  // the whole program handles this setting
  if (!found || "code.min-validity" in readConfig(found.home)) return null;
  // a wrong template must fail before a counter moves on
  const print = await printer(options);
  const taken = await passcodeFromFiles(found, options.name, env);
  if (taken) return print(taken);
  if (options.json || options.format !== null) return null;
  const code = await passcodeFromAgent(found, options.name, env);
  return code === null ? null : `${code}\n`;
}

/**
 * Returns the function that prints a passcode for these options; loads only what they need. Rejects
 * with FobError `usage` for a wrong template.
 */
async function printer({ json, format }: CodeOptions): Promise<(made: TokenPasscode) => string> {
  if (!json && format === null) return ({ passcode: { code } }) => `${code}\n`;
  const { parseFormat, passcodeJson } = await import("#commands/code/passcode-view.ts");
  const show = format === null ? null : parseFormat(format);
  if (show && !json) {
    return (made) => {
      const text = show(made);
      return text === "" ? "" : `${text}\n`;
    };
  }
  const { jsonPieces } = await import("#cli/output/json.ts");
  return (made) => [...jsonPieces(passcodeJson(made))].join("");
}

/**
 * The output of `fob __complete names|tags [PREFIX]`: those with this prefix, one a line. Empty when
 * a person or the keychain would be needed, and after any error, because completion must not print
 * messages.
 */
async function completions(
  [what, prefix = ""]: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<string> {
  const isKnown = what === "names" || what === "tags";
  const names = isKnown ? await orNull(() => known(what, env)) : null;
  const wanted = fold(prefix);
  // names with line breaks cannot be completed
  const offered = (names ?? []).filter(
    (name) => fold(name).startsWith(wanted) && !/\p{Cc}/u.test(name),
  );
  return offered.map((name) => `${name}\n`).join("");
}

async function known(
  what: "names" | "tags",
  env: NodeJS.ProcessEnv,
): Promise<readonly string[] | null> {
  const found = await find(env);
  if (!found) return null;
  const vault = openWithKeyFile(found);
  if (vault) return what === "names" ? vault.names() : tagsOf(vault.entries());
  return (await askAgent(found, { do: what }, env)) as string[] | null;
}

/**
 * Finds the vault of this environment; null when FOB_GRANT is set, even to an empty text, or
 * FOB_KEYCHAIN differs from the vault's keychain.
 */
async function find(env: NodeJS.ProcessEnv): Promise<Found | null> {
  const { FOB_GRANT, FOB_HOME, FOB_KEYCHAIN } = env;
  const home = FOB_HOME || (await import("#platform/paths.ts")).defaultHome(env);
  const header = FOB_GRANT === undefined ? peekHeader(home) : null;
  return header && (FOB_KEYCHAIN || header.keychain) === header.keychain ? { home, header } : null;
}

async function passcodeFromFiles(
  found: Found,
  name: string,
  env: NodeJS.ProcessEnv,
): Promise<TokenPasscode | null> {
  const vault = openWithKeyFile(found);
  const record = vault && readNamed(vault, name);
  if (!vault || !record || !needsNoPin(record.token, record.guard !== null)) return null;
  const madeAt = new Date();
  const secretKey = unguardedSecretKey(record, vault.vaultKey);
  const passcode = record.held
    ? await (await import("./held-answer.ts")).passcodeOfChip(env, vault, record, secretKey, madeAt)
    : takePasscode(vault, record, secretKey, madeAt);
  touch(vault, [record.token.id], madeAt);
  return { token: record.token, passcode, madeAt };
}

/** Reads the token with this name. Throws as {@link findToken} does. */
function readNamed(vault: Vault, name: string): TokenRecord {
  return vault.readExactly(name) ?? vault.read(findToken(name, vault.entries()).id);
}

async function passcodeFromAgent(
  found: Found,
  name: string,
  env: NodeJS.ProcessEnv,
): Promise<string | null> {
  const passcode = await askAgent(found, { do: "code", name }, env);
  return passcode ? (passcode as Passcode).code : null;
}

function openWithKeyFile({ home, header }: Found): Vault | null {
  const slot = header.keychain === "file" ? findSlot(header, "keychain") : null;
  const key = slot && readKeyFile(keyFilePath(home, keyItemOf(header)));
  return (
    slot &&
    key &&
    new Vault({ home, vaultId: header.id }, openKeychainSlot(header.id, slot, key), false)
  );
}

async function askAgent(
  { home, header }: Found,
  request: { readonly do: string; readonly name?: string },
  env: NodeJS.ProcessEnv,
) {
  const holder = claimant({ home, vaultId: header.id });
  if (!holder) return null;
  const { addressesOf, realPath } = await import("#platform/agent/agent-socket.ts");
  if (holder.home !== realPath(home)) return null;
  const addresses = addressesOf(holder, home, env);
  if (addresses.length === 0) return null;
  return (await import("#agent/client/ask-once.ts")).askOnce(holder, addresses, request);
}

/**
 * Returns null on failure, so that the whole program runs the command and reports the error; but
 * rethrows an `isDone` error, because the command must not run twice.
 */
async function orNull<T>(attempt: () => Promise<T>): Promise<T | null> {
  try {
    return await attempt();
  } catch (error) {
    if (error instanceof FobError && error.isDone) throw error;
    return null;
  }
}
