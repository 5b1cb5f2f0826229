import { claimant } from "#agent/protocol/claim.ts";
import { FobError } from "#base/fob-error.ts";
import { isSet } from "#cli/globals.ts";
import { readConfig } from "#cli/settings/config-file.ts";
import type { TokenPasscode } from "#commands/code/passcode-view.ts";
import { keyFilePath, readKeyFile } from "#platform/keychain/key-file.ts";
import { needsNoPin } from "#token/access-domain.ts";
import { fold } from "#token/names.ts";
import { tagsOf } from "#token/tags.ts";
import type { Token } from "#token/token.ts";
import type { Header } from "#vault/keys/header.ts";
import { peekHeader } from "#vault/keys/header-peek.ts";
import { findSlot, keyItemOf, openKeychainSlot } from "#vault/keys/slots.ts";
import { touch } from "#vault/tokens/last-uses.ts";
import { type Passcode, takePasscode } from "#vault/tokens/passcodes.ts";
import { isCounting } from "#vault/tokens/token-index.ts";
import { unguardedSecretKey } from "#vault/tokens/token-record.ts";
import { Vault } from "#vault/vault.ts";
import { type CodeOptions, parseCodeOptions } from "./code-options.ts";
import type { Print, passcodePrinter } from "./passcode-printer.ts";

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
 * The output of `fob code NAME...`, if files or an agent suffice and no PIN is needed; null
 * otherwise. Rejects with a FobError when the whole program must report the error, and with
 * `isDone` when a counter has moved on but there is no passcode to print.
 */
async function passcode(options: CodeOptions, env: NodeJS.ProcessEnv): Promise<string | null> {
  const found = await find(env);
  if (!found) return null;
  const config = readConfig(found.home);
  // the whole program handles this setting
  if ("code.min-validity" in config) return null;
  const { names, json, format, next, at } = options;
  const [name = "", ...others] = names;
  const isBare = others.length === 0 && !json && format === null;
  const isNow = !next && at === null;
  const vault = openWithKeyFile(found);
  if (!vault) return isBare && isNow ? passcodeFromAgent(found, name, env) : null;
  // a wrong template must fail before a counter moves on
  const print = isBare ? printBare : await printer(options, config, env);
  if (!print) return null;
  const timeOf = isNow ? () => new Date() : await otherTime(options);
  const codes = await passcodesFromFiles(vault, names, timeOf, env);
  return codes && print(codes);
}

const printBare: Print = (codes) => codes.map(({ passcode: { code } }) => `${code}\n`).join("");

async function printer(...given: Parameters<typeof passcodePrinter>): Promise<Print | null> {
  return (await import("./passcode-printer.ts")).passcodePrinter(...given);
}

/**
 * Which time `--next` or `--at` means for a token. Throws where the whole program says something.
 */
async function otherTime({ next, at }: CodeOptions): Promise<(token: Token) => Promise<Date>> {
  const { chooseTime, refuseTimesForEvents } = await import("#commands/code/passcode-time.ts");
  const { tellZone } = await import("#commands/values.ts");
  const wanted = { next, at: at ?? undefined, minValidity: 0 };
  const context = {
    clock: () => new Date(),
    sleep: () => Promise.reject(new Error("nothing is waited for")),
    tell() {
      throw new Error("the whole program tells it");
    },
  };
  tellZone("--at", wanted.at, context);
  return async (token) => {
    refuseTimesForEvents(token, wanted);
    return chooseTime(token, wanted, context);
  };
}

/**
 * The output of `fob __complete names|tags [PREFIX]`: those with this prefix, one a line. Empty
 * when a person or the keychain would be needed, and after any error, because completion must not
 * print messages.
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

/**
 * The passcodes of tokens that need no PIN; null where one of them does. Several are made only of
 * tokens without counters: the whole program goes on with the others where one of them fails.
 */
async function passcodesFromFiles(
  vault: Vault,
  names: readonly string[],
  timeOf: (token: Token) => Date | Promise<Date>,
  env: NodeJS.ProcessEnv,
): Promise<readonly TokenPasscode[] | null> {
  const records = vault.readNamed(names);
  const isQuick = records.every(
    ({ token, guard }) =>
      token.credential.kind !== "list" &&
      needsNoPin(token, guard !== null) &&
      (token.confirm === "never" || (token.confirm === "others" && isAtPerson(env))) &&
      (names.length === 1 || !isCounting(token)),
  );
  if (!isQuick) return null;
  const made: TokenPasscode[] = [];
  for (const record of records) {
    const secretKey = unguardedSecretKey(record, vault.vaultKey);
    const time = await timeOf(record.token);
    const passcode = record.held
      ? await (await import("./held-answer.ts")).passcodeOfChip(env, vault, record, secretKey, time)
      : takePasscode(vault, record, secretKey, time);
    made.push({ token: record.token, passcode, madeAt: new Date() });
  }
  const ids = new Set(records.map(({ token }) => token.id));
  touch(vault, [...ids], new Date());
  return made;
}

/** Whether a person may be asked at a terminal: the one who types needs no question. */
function isAtPerson({ FOB_NO_INPUT }: NodeJS.ProcessEnv): boolean {
  // loaded where it is asked; process.stdin would take a millisecond more
  return !isSet(FOB_NO_INPUT) && process.getBuiltinModule("node:tty").isatty(0);
}

/** The line with a passcode of an agent; null where it has none at once. */
async function passcodeFromAgent(
  found: Found,
  name: string,
  env: NodeJS.ProcessEnv,
): Promise<string | null> {
  const passcode = await askAgent(
    found,
    { do: "code", name, quick: true, typed: isAtPerson(env) },
    env,
  );
  return passcode ? `${(passcode as Passcode).code}\n` : null;
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
  request: Parameters<typeof import("./ask-agent.ts").askAgent>[1],
  env: NodeJS.ProcessEnv,
) {
  const holder = claimant({ home, vaultId: header.id });
  return holder && (await import("./ask-agent.ts")).askAgent(holder, request, home, env);
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
