import type { Context } from "../cli/context.ts";
import { type PinPolicy, USER_PIN_POLICY } from "../token/pin-policy.ts";
import { forget, type Secret } from "../token/secret.ts";
import { askNewPin } from "../vault/pin-prompt.ts";
import { setTokenPin, unguardedSecretKey } from "../vault/token-pin.ts";
import type { Vault } from "../vault/vault.ts";
import type { NamedDraft, StoredDraft } from "./enrollment-storing.ts";

/** A PIN for new tokens, and the policy that accepted it. */
interface ChosenPin {
  readonly pin: Secret;
  readonly policy: PinPolicy;
}

/** The PINs of the drafts that get one. */
export type ChosenPins = ReadonlyMap<NamedDraft, ChosenPin>;

/**
 * Asks for the PINs of new tokens: where their issuer wants one, and with `everywhere` for all of them. Tokens under one policy
 * share one question.
 */
export async function askPins(
  named: readonly NamedDraft[],
  everywhere: boolean,
  context: Context,
): Promise<ChosenPins> {
  const questions = new Map<string, { readonly policy: PinPolicy; readonly group: NamedDraft[] }>();
  for (const one of named) {
    const policy = policyOf(one, everywhere);
    if (!policy) continue;
    const question = questions.get(JSON.stringify(policy)) ?? { policy, group: [] };
    question.group.push(one);
    questions.set(JSON.stringify(policy), question);
  }
  const chosen = new Map<NamedDraft, ChosenPin>();
  for (const { policy, group } of questions.values()) {
    const pin = await askNewPin(context.pinPrompt, group.map(({ name }) => name).join(", "), policy);
    for (const one of group) chosen.set(one, { pin, policy });
  }
  return chosen;
}

/** Guards the tokens that were stored with the PINs chosen for them, and forgets the PINs. */
export async function guardTokens(
  vault: Vault,
  stored: readonly StoredDraft[],
  pins: ChosenPins,
  { pinPrompt, clock }: Context,
): Promise<void> {
  for (const { token, named } of stored) {
    const chosen = pins.get(named);
    if (!chosen) continue;
    const record = vault.read(token.id);
    const pin = { ...chosen, setAt: clock(), isOwn: pinPrompt.interactive };
    await setTokenPin(vault, record, unguardedSecretKey(vault, record), pin);
  }
  for (const { pin } of pins.values()) forget(pin);
}

function policyOf({ draft: { pin } }: NamedDraft, everywhere: boolean): PinPolicy | null {
  if (pin?.type === "user") return pin.policy;
  return everywhere && pin?.type !== "server" ? USER_PIN_POLICY : null;
}
