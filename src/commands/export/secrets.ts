import { FobError } from "#base/fob-error.ts";
import { plural, t } from "#base/language.ts";
import { attemptAll, attemptEachShown, failureOf, refuseNothingDone } from "#cli/attempts.ts";
import type { Context } from "#cli/context.ts";
import { askingAside } from "#commands/asking-aside.ts";
import { findMissing } from "#commands/listed-tokens.ts";
import { findEach, readListed } from "#commands/lookup.ts";
import { storedSecret } from "#commands/stored-secret.ts";
import type { ExportedToken } from "#enrollment/exported-token.ts";
import { refuseByDomain } from "#token/access-domain.ts";
import type { RecoveryCode } from "#token/code-list.ts";
import type { Credential } from "#token/credential.ts";
import type { RequiredPin } from "#token/draft/parsed-token.ts";
import { forget } from "#token/secret.ts";
import type { Token } from "#token/token.ts";
import { keyOfSecret } from "#vault/belongings/belongings-key.ts";
import { openNote, sealedNoteOf } from "#vault/belongings/note.ts";
import { codesOf, openCodes } from "#vault/belongings/recovery-codes.ts";
import { directAuthenticator } from "#vault/tokens/authenticator.ts";
import type { IndexEntry } from "#vault/tokens/token-index.ts";
import { refuseHeld, refuseWiped, type TokenRecord } from "#vault/tokens/token-record.ts";
import type { Vault } from "#vault/vault.ts";

/** What opening tokens needs. */
export type OpeningContext = Pick<
  Context,
  "clock" | "complain" | "look" | "pinPrompt" | "progress" | "sleep"
>;

/** A token with its secret, for a file. The caller forgets the secret. */
export interface OpenedToken extends Omit<ExportedToken, "credential"> {
  readonly credential: Credential;
  readonly token: Token;
  readonly recoveryCodes: readonly RecoveryCode[];
}

/** Tokens that leave the vault, why others are not to, and why the rest could not be opened. */
export interface OpenedTokens {
  readonly tokens: readonly OpenedToken[];
  readonly leftOut: readonly string[];
  readonly failures: readonly FobError[];
}

/**
 * Opens the named tokens, or all of them; asks for the PIN of each that has one. A token that
 * cannot be opened by any answer is skipped among all, and refused if it was named. Throws the
 * first token's error where none could be opened.
 */
export async function openTokens(
  vault: Vault,
  names: readonly string[],
  context: OpeningContext,
): Promise<OpenedTokens> {
  const lost: FobError[] = [];
  if (names.length > 0) {
    const open = async ({ id }: IndexEntry) => {
      await context.look();
      return openToken(vault, vault.read(id), context, lost);
    };
    const { done: tokens, failures } = await attemptAll(
      await findEach(vault, names),
      open,
      context,
    );
    return { tokens, leftOut: [], failures: [...failures, ...lost] };
  }
  const refusals: { readonly name: string; readonly refusal: FobError }[] = [];
  const missing: IndexEntry[] = [];
  const entries = vault.entries();
  const bar = context.progress(entries.length, t("tokens"));
  const asking = { ...context, pinPrompt: askingAside(bar, context.pinPrompt) };
  const open = async (entry: IndexEntry) => {
    await context.look();
    const record = readListed(vault, entry.id);
    const refusal = record && refusalOf(vault, record);
    if (refusal) refusals.push({ name: entry.name, refusal });
    if (!record) missing.push(entry);
    return record && !refusal ? openToken(vault, record, asking, lost) : null;
  };
  const { done, failures } = await attemptEachShown(entries, open, bar);
  const gone = await findMissing(directAuthenticator(vault, context.clock), missing, context);
  const tokens = done.filter((token) => token !== null);
  const failed = [...failures, ...gone, ...lost];
  const all = [...failed, ...refusals.map(({ refusal }) => refusal)];
  refuseNothingDone({ done: tokens, failures: all }, context);
  const leftOut = refusals.map(({ name, refusal }) => `${name}: ${refusal.message}`);
  return { tokens, leftOut, failures: failed };
}

/**
 * Asks the person at the terminal whether secrets may leave the vault. Throws FobError
 * `interrupted` when not.
 */
export async function confirmExport(
  count: number,
  yes: boolean,
  context: Pick<Context, "prompt">,
): Promise<void> {
  if (yes || !context.prompt.available) return;
  const question =
    count === 1
      ? t("Take the secret of 1 token out of the vault?")
      : t`Take the secrets of ${plural(count, "token")} out of the vault?`;
  if (!(await context.prompt.confirm(question, "--yes")))
    throw new FobError("interrupted", t("nothing was exported"));
}

/** Opens a token; `lost` gets why something that belongs to it cannot be opened. */
async function openToken(
  vault: Vault,
  record: TokenRecord,
  context: Pick<Context, "clock" | "pinPrompt">,
  lost: FobError[],
): Promise<OpenedToken> {
  const secret = await storedSecret(vault, record, context);
  const { id, name, issuer, account, serial, credential, tags, favorite } = record.token;
  const pin = pinOf(record);
  const key = keyOfSecret(record.token, secret);
  try {
    const openOwnNote = () => {
      const sealed = sealedNoteOf(vault, id);
      return sealed === null ? null : openNote(sealed, key);
    };
    const note = openOrTell(openOwnNote, name, lost);
    const recoveryCodes = openOrTell(() => openCodes(codesOf(vault, id), key), name, lost) ?? [];
    return {
      ...{ id, name, issuer, account, serial, credential, secret, tags, favorite },
      token: record.token,
      ...(pin ? { pin } : {}),
      recoveryCodes,
      ...(note === null ? {} : { note }),
    };
  } catch (error) {
    forget(secret);
    throw error;
  } finally {
    forget(key);
  }
}

/** A token is not left out because of a note or code that cannot be read. */
function openOrTell<T>(open: () => T, name: string, lost: FobError[]): T | null {
  try {
    return open();
  } catch (error) {
    if (!(error instanceof FobError)) throw error;
    lost.push(failureOf({ name }, error));
    return null;
  }
}

function pinOf({ token, guard }: TokenRecord): RequiredPin | null {
  if (token.pin === "server") return { type: "server", order: token.pinOrder };
  return guard && { type: "user", policy: guard.policy };
}

function refusalOf(vault: Vault, record: TokenRecord): FobError | null {
  try {
    refuseWiped(record);
    refuseHeld(record);
    refuseByDomain(record.token, vault.isPinGiven(record));
    return null;
  } catch (error) {
    if (error instanceof FobError) return error;
    throw error;
  }
}
