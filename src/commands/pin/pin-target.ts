import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import type { Context } from "#cli/context.ts";
import { type NameContext, nameOrPick } from "#commands/code/pick-token.ts";
import { existingVault, findOne, nothingEnrolled } from "#commands/lookup.ts";
import { printable } from "#token/printable.ts";
import { forget } from "#token/secret.ts";
import type { Token } from "#token/token.ts";
import { appPinSlot } from "#vault/keys/app-pin-slot.ts";
import { readHeader } from "#vault/keys/header.ts";
import type { OpenedVault } from "#vault/keys/open.ts";
import type { TokenRecord } from "#vault/tokens/token-record.ts";
import type { Vault } from "#vault/vault.ts";

/** The token whose PIN a `pin` command changes or shows. */
export interface TokenPin {
  readonly vault: Vault;
  readonly record: TokenRecord;
}

/** What asking for the token of a `pin` command needs. */
export type PinNameContext = NameContext & Pick<Context, "access">;

/** The tokens whose PIN a `pin` command is about, where the command line names none. */
interface PinOwners {
  /** Whether the app PIN is meant where fob has one; else, where it has none. */
  readonly isAboutAppPin: boolean;
  readonly pin: Token["pin"];
  /** Why nothing can be done where there is no such token. */
  readonly none: string;
}

/**
 * The NAME that was given; undefined for the app PIN. Where there is nothing to do for the app PIN,
 * the person picks a token.
 */
export async function nameOrAppPin(
  given: string | undefined,
  context: PinNameContext,
  { isAboutAppPin, pin, none }: PinOwners,
): Promise<string | undefined> {
  const header = given === undefined ? readHeader(context.access.home) : null;
  if (header === null || (appPinSlot(header) !== null) === isAboutAppPin) return given;
  return nameOrPick(given, context, { fits: (token) => token.pin === pin, none });
}

/** What a `pin` command did, and for what. */
export interface PinChange {
  readonly name: string | null;
  readonly change: "set" | "changed" | "removed";
  /** The code that opens the vault when the app PIN is lost; shown this once. */
  readonly recoveryCode: string | null;
  /** The name of the app PIN in messages, and whether the vault got a new key. */
  readonly app?: { readonly pin: string; readonly isNewKey: boolean };
}

/** The token with this NAME in the open vault. */
export async function tokenPin(name: string, vault: Vault): Promise<TokenPin> {
  const record = vault.read((await findOne(vault, name)).id);
  if (record.token.pin === "server") {
    throw new FobError(
      "usage",
      t`the PIN of ${record.token.name} is the server's: it is typed at the login page`,
    );
  }
  return { vault, record };
}

/** {@link tokenPin} in a vault that must exist. */
export async function existingTokenPin(
  name: string,
  context: Pick<Context, "findVault">,
): Promise<TokenPin> {
  return tokenPin(name, await existingVault(context));
}

/**
 * The vault, opened to change its PIN or key; the PIN that was typed for it is erased. Throws
 * FobError `not-found` when there is none.
 */
export async function existingVaultToChange(
  context: Pick<Context, "openToChange">,
): Promise<OpenedVault> {
  const opened = (await context.openToChange({ byPin: false })) ?? nothingEnrolled();
  if (opened.proof.kind === "pin") forget(opened.proof.pin);
  return opened;
}

const DONE: Readonly<Record<PinChange["change"], (pin: string) => string>> = {
  set: (pin) => t`${pin} set`,
  changed: (pin) => t`${pin} changed`,
  removed: (pin) => t`${pin} removed`,
};

/** A message about the change. */
export function formatChange({ name, change, recoveryCode, app }: PinChange): string {
  const appPin = app?.pin ?? t("app PIN");
  const done = DONE[change](name === null ? appPin : t`PIN of ${printable(name)}`);
  const lines = app?.isNewKey
    ? [done, t("the vault has a new key in place of the one that was lost")]
    : [done];
  if (recoveryCode === null) return lines.join("\n");
  return [
    ...lines,
    change === "changed"
      ? t`new recovery code: ${recoveryCode}`
      : t`recovery code: ${recoveryCode}`,
    ...(change === "changed" ? [t("The recovery code from before opens nothing any more.")] : []),
    t`Keep it on paper: it opens the vault if the ${appPin} is lost, and is not shown again.`,
  ].join("\n");
}

/** What `--json` prints of a change. */
export function changeJson({ name, change, recoveryCode }: PinChange): PinChange {
  return { name, change, recoveryCode };
}
