import type { Context } from "../cli/context.ts";
import type { RequiredPin } from "../enrollment/draft.ts";
import type { ExportedToken } from "../enrollment/exported-token.ts";
import { FobError } from "../fob-error.ts";
import { plural, t } from "../language.ts";
import { refuseByDomain } from "../token/access-domain.ts";
import type { Credential } from "../token/credential.ts";
import { forget } from "../token/secret.ts";
import type { Token } from "../token/token.ts";
import { secretOf } from "../vault/passcodes.ts";
import { refuseWiped, type TokenRecord } from "../vault/token-record.ts";
import type { Vault } from "../vault/vault.ts";
import { findInVault, readListed } from "./lookup.ts";

/** A token with its secret, for a file. Whoever asked for it forgets the secret. */
export interface OpenedToken extends Omit<ExportedToken, "credential"> {
  readonly credential: Credential;
  readonly token: Token;
}

/** Tokens that leave the vault, and why others do not. */
export interface OpenedTokens {
  readonly tokens: readonly OpenedToken[];
  readonly leftOut: readonly string[];
}

/**
 * Opens the named tokens, or all of them: asks for the PIN of each that has one. A token that answers nobody is left out of all, and
 * refused by name with FobError `denied`.
 */
export async function openTokens(vault: Vault, names: readonly string[], context: Context): Promise<OpenedTokens> {
  const entries = names.length > 0 ? names.map((name) => findInVault(vault, name)) : vault.entries();
  const leftOut: string[] = [];
  const tokens: OpenedToken[] = [];
  for (const { id, name } of new Map(entries.map((entry) => [entry.id, entry])).values()) {
    const isNamed = names.length > 0;
    const record = isNamed ? vault.read(id) : readListed(vault, id);
    const refusal = record && !isNamed ? refusalOf(vault, record) : null;
    if (!record) leftOut.push(t`${name}: it is listed, and not there: \`fob doctor\` tells more`);
    else if (refusal) leftOut.push(`${name}: ${refusal.message}`);
    else tokens.push(await openToken(vault, record, context));
  }
  return { tokens, leftOut };
}

/** Asks the person at the terminal whether secrets may leave the vault. Throws FobError `interrupted` when not. */
export async function confirmExport(count: number, yes: boolean, context: Context): Promise<void> {
  if (yes || !context.prompt.available) return;
  const question =
    count === 1
      ? t("Take the secret of 1 token out of the vault?")
      : t`Take the secrets of ${plural(count, "token")} out of the vault?`;
  if (!(await context.prompt.confirm(question, "--yes"))) throw new FobError("interrupted", t("nothing was exported"));
}

async function openToken(vault: Vault, record: TokenRecord, context: Context): Promise<OpenedToken> {
  const secretKey = await vault.secretKey(record, context.pinPrompt, context.clock());
  const secret = secretOf(record, secretKey);
  forget(secretKey);
  const { id, name, issuer, account, serial, credential } = record.token;
  const pin = pinOf(record);
  return { id, name, issuer, account, serial, credential, secret, token: record.token, ...(pin ? { pin } : {}) };
}

function pinOf({ token, guard }: TokenRecord): RequiredPin | null {
  if (token.pin === "server") return { type: "server" };
  return guard && { type: "user", policy: guard.policy };
}

function refusalOf(vault: Vault, record: TokenRecord): FobError | null {
  try {
    refuseWiped(record);
    refuseByDomain(record.token, vault.isPinGiven(record));
    return null;
  } catch (error) {
    if (error instanceof FobError) return error;
    throw error;
  }
}
