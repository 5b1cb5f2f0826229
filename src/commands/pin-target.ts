import type { Context } from "../cli/context.ts";
import { FobError } from "../fob-error.ts";
import { t } from "../language.ts";
import { printable } from "../token/printable.ts";
import type { TokenRecord } from "../vault/token-record.ts";
import type { Vault } from "../vault/vault.ts";
import { existingVault, findInVault } from "./lookup.ts";

/** What a `pin` command is about: the app, or one token. */
export interface PinTarget {
  readonly vault: Vault;
  /** Null for the app PIN. */
  readonly record: TokenRecord | null;
}

/** What a `pin` command did, and for what. */
export interface PinChange {
  readonly name: string | null;
  readonly change: "set" | "changed" | "removed";
  /** The code that opens the vault when the app PIN is lost; shown this once. */
  readonly recoveryCode: string | null;
}

/** The token called `name` in the open vault, or the app when there is no name. */
export async function pinTarget(name: string | undefined, vault: Vault): Promise<PinTarget> {
  if (name === undefined) return { vault, record: null };
  const record = vault.read(findInVault(vault, name).id);
  if (record.token.pin === "server") {
    throw new FobError("usage", t`the PIN of ${record.token.name} is the server's: it is typed at the login page`);
  }
  return { vault, record };
}

/** {@link pinTarget} in a vault that must exist. */
export async function existingPinTarget(name: string | undefined, context: Context): Promise<PinTarget> {
  return pinTarget(name, await existingVault(context));
}

const DONE: Readonly<Record<PinChange["change"], (pin: string) => string>> = {
  set: (pin) => t`${pin} set`,
  changed: (pin) => t`${pin} changed`,
  removed: (pin) => t`${pin} removed`,
};

/** What was done, in words. */
export function formatChange({ name, change, recoveryCode }: PinChange): string {
  const done = DONE[change](name === null ? t("app PIN") : t`PIN of ${printable(name)}`);
  if (recoveryCode === null) return done;
  return [
    done,
    t`recovery code: ${recoveryCode}`,
    t("Keep it on paper: it opens the vault if the PIN is lost, and is not shown again."),
  ].join("\n");
}
