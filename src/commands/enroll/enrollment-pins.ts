import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { shellWord } from "#base/shell-word.ts";
import type { HouseContext } from "#cli/context.ts";
import { ACCESS } from "#token/access-domain.ts";
import type { RequiredPin } from "#token/draft/parsed-token.ts";
import { judgePin, type PinPolicy, USER_PIN_POLICY } from "#token/pin-policy.ts";
import { formatPinPolicy } from "#token/pin-policy-text.ts";
import { forget, type Secret } from "#token/secret.ts";
import { askNewPin } from "#vault/pins/pin-prompt.ts";
import { setTokenPin } from "#vault/pins/token-pin.ts";
import { unguardedSecretKey } from "#vault/tokens/token-record.ts";
import type { Vault } from "#vault/vault.ts";
import type { NamedDraft } from "./named-draft.ts";
import type { PinOf, StoredDraft } from "./store-drafts.ts";

/** A PIN for new tokens, and the policy that accepted it. */
export interface ChosenPin {
  readonly pin: Secret;
  readonly policy: PinPolicy;
}

/** The fields of a new token that its PIN depends on. */
interface Guarded {
  readonly name: string;
  readonly draft: { readonly pin?: RequiredPin };
}

type PinContext = Pick<HouseContext, "clock" | "pinPrompt">;

/** The PINs of the tokens that get one. */
export type ChosenPins<T extends Guarded = NamedDraft> = ReadonlyMap<T, ChosenPin>;

/**
 * Asks for the PINs of new tokens: where their issuer requires one, and with `everywhere` for all
 * of them. Tokens under one policy share one question. `isLast` says whether no question follows.
 */
export async function askPins<T extends Guarded>(
  named: readonly T[],
  everywhere: boolean,
  { pinPrompt, isLast }: Pick<HouseContext, "pinPrompt"> & { readonly isLast: boolean },
): Promise<ChosenPins<T>> {
  const questions = new Map<string, { readonly policy: PinPolicy; readonly group: T[] }>();
  for (const one of named) {
    const policy = policyOf(one, everywhere);
    if (!policy) continue;
    const question = questions.get(JSON.stringify(policy)) ?? { policy, group: [] };
    question.group.push(one);
    questions.set(JSON.stringify(policy), question);
  }
  const chosen = new Map<T, ChosenPin>();
  let left = questions.size;
  for (const { policy, group } of questions.values()) {
    const of = group.map(({ name }) => name).join(", ");
    left--;
    const pin = await askNewPin(pinPrompt, of, policy, { later: isLast ? left : null });
    for (const one of group) chosen.set(one, { pin, policy });
  }
  return chosen;
}

/** The PINs of tokens to be stored, which are guarded from their first byte on disk. */
export function pinsFor(pins: ChosenPins, { pinPrompt, clock }: PinContext): PinOf {
  return (named) => {
    const chosen = pins.get(named);
    return chosen ? { ...chosen, setAt: clock(), isOwn: pinPrompt.interactive } : null;
  };
}

/** Forgets PINs that were chosen. */
export function forgetPins<T extends Guarded>(pins: ChosenPins<T>): void {
  for (const { pin } of pins.values()) forget(pin);
}

/** A token that a server has made, and the PIN that was chosen before. */
export interface FetchedDraft extends NamedDraft {
  readonly chosen: ChosenPin | null;
}

/**
 * The PINs that were chosen before a server made these tokens, where their issuer's policy accepts
 * them.
 */
export function fittingPins(fetched: readonly FetchedDraft[]): ChosenPins {
  const pins = new Map<NamedDraft, ChosenPin>();
  for (const one of fetched) {
    const { chosen } = one;
    const { pin } = one.draft;
    if (!chosen || pin?.type === "server") continue;
    const policy = pin?.policy ?? chosen.policy;
    if (!judgePin(chosen.pin.toString("utf8"), policy))
      pins.set(one, { pin: Buffer.from(chosen.pin), policy });
  }
  return pins;
}

/** A stored token that lacks the PIN that its issuer requires, and the reason. */
export interface Unguarded {
  readonly name: string;
  readonly policy: PinPolicy;
  readonly reason: FobError;
}

/**
 * Asks for the PINs of tokens after their server has required some; no question is asked after an
 * `interruption`. Returns the tokens without a PIN: they are stored in any case.
 */
export async function guardLate(
  vault: Vault,
  stored: readonly StoredDraft[],
  interruption: FobError | null,
  context: PinContext,
): Promise<readonly Unguarded[]> {
  const waiting = stored.filter(
    ({ token, named }) => named.draft.pin?.type === "user" && !vault.read(token.id).guard,
  );
  try {
    if (interruption) throw interruption;
    const pins = await askPins(
      waiting.map(({ named }) => named),
      false,
      { pinPrompt: context.pinPrompt, isLast: true },
    );
    await guardAndOpen(vault, waiting, pins, context);
    return [];
  } catch (error) {
    if (!(error instanceof FobError)) throw error;
    return waiting.flatMap(({ token: { name }, named: { draft } }) =>
      draft.pin?.type === "user" ? { name, policy: draft.pin.policy, reason: error } : [],
    );
  }
}

/** A message about a token whose PIN is missing. */
export function describeMissingPin({ name, policy, reason }: Unguarded): string {
  const rules = ` --policy ${formatPinPolicy(policy)}`;
  const why = reason.code === "interrupted" ? "" : ` (${reason.message})`;
  return t`warning: ${name} has no PIN yet, and its issuer wants one${why}: it is locked until \`fob pin set ${shellWord(name)}${rules}\``;
}

/**
 * Sets the PINs of stored tokens. It opens their records although they are locked until they have a
 * PIN.
 */
async function guardAndOpen(
  vault: Vault,
  stored: readonly StoredDraft[],
  pins: ChosenPins,
  context: PinContext,
): Promise<void> {
  const pinOf = pinsFor(pins, context);
  for (const { token, named } of stored) {
    const pin = pinOf(named);
    if (!pin) continue;
    const record = vault.read(token.id);
    await setTokenPin(vault, record, unguardedSecretKey(record, vault.vaultKey), pin);
    if (named.past) vault.amend(token.id, (guarded) => ({ ...guarded, accessDomain: ACCESS.full }));
  }
  forgetPins(pins);
}

function policyOf({ draft: { pin } }: Guarded, everywhere: boolean): PinPolicy | null {
  if (pin?.type === "user") return pin.policy;
  return everywhere && pin?.type !== "server" ? USER_PIN_POLICY : null;
}
