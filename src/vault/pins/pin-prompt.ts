import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import {
  judgePin,
  PASSPHRASE_POLICY,
  type PinPolicy,
  type PinViolation,
} from "#token/pin-policy.ts";
import { forget, type Secret, sameSecret } from "#token/secret.ts";
import type { KeyItem } from "#vault/keys/key-store.ts";
import { isLikeRecoveryCode } from "#vault/keys/recovery-code.ts";

/**
 * Which PIN is wanted, for the words of the prompt. `of` is a token's or a file's name, or null for
 * the app PIN.
 */
export interface PinRequest {
  readonly of: string | null;
  readonly role:
    | "current"
    | "new"
    | "repeat"
    | "challenge"
    | "passcode"
    | "passphrase"
    | "new-passphrase"
    | "repeat-passphrase"
    | "recovery"
    | "key";
  /** Why the last answer was not accepted, when the question is asked again. */
  readonly refusal: FobError | null;
  /**
   * How many PINs are asked for after this one, where that is known: whoever has more to give has
   * counted differently.
   */
  readonly later?: number | undefined;
}

/** Where PINs come from: a person at a terminal, a file, a descriptor or the environment. */
export interface PinPrompt {
  /**
   * The PIN as UTF-8 bytes. Throws FobError `locked` when there is nobody and nothing to ask, and
   * the request's refusal when asking again makes no sense.
   */
  ask(request: PinRequest): Promise<Secret>;

  /**
   * The key that the platform releases when it recognises the person, by finger or face; null where
   * it cannot, or the person would rather type the PIN.
   */
  release(request: { readonly of: string | null; readonly item: KeyItem }): Promise<Secret | null>;

  /** Whether a person types the answers, who may mistype a new PIN and must repeat it. */
  readonly interactive: boolean;
}

/**
 * The PIN that is part of a Mobile-OTP passcode. Nobody stores it, so that a wrong one cannot be
 * told from the right one. The caller forgets it.
 */
export function askPasscodePin(name: string, prompt: PinPrompt): Promise<Secret> {
  return prompt.ask({ of: name, role: "passcode", refusal: null });
}

/**
 * `prompt` for one use of a token, after which `later` more PINs are asked for. A question that is
 * not the last one of the use says so itself.
 */
export function askingBefore(later: number, prompt: PinPrompt): PinPrompt {
  return {
    interactive: prompt.interactive,
    release: (request) => prompt.release(request),
    ask: (request) => prompt.ask({ ...request, later: (request.later ?? 0) + later }),
  };
}

/**
 * Asks until `check` accepts the PIN; a FobError `denied` or `invalid` from it is shown with the
 * next question.
 */
export async function askUntil<T>(
  prompt: PinPrompt,
  request: Omit<PinRequest, "refusal"> & { readonly refusal?: FobError | null },
  check: (pin: Secret) => Promise<T>,
): Promise<T> {
  let refusal = request.refusal ?? null;
  for (;;) {
    const pin = await prompt.ask({ ...request, refusal });
    try {
      return await check(pin);
    } catch (error) {
      if (!(error instanceof FobError) || (error.code !== "denied" && error.code !== "invalid"))
        throw error;
      refusal = error;
    } finally {
      forget(pin);
    }
  }
}

/**
 * Asks for a new PIN that `policy` accepts, and `refuse` besides, which throws FobError `invalid`;
 * twice where a person types it. `reason` is shown with the first question. Nothing is asked after
 * it unless `later` says otherwise, by a number or, where none is known, null. The caller forgets
 * the PIN.
 */
export function askNewPin(
  prompt: PinPrompt,
  of: string | null,
  policy: PinPolicy,
  {
    refuse,
    reason = null,
    later = 0,
  }: { refuse?(pin: Secret): Promise<void>; reason?: FobError | null; later?: number | null } = {},
): Promise<Secret> {
  const check = async (pin: Secret) => {
    const violation = judgeNew(pin, policy);
    if (violation) throw refusedPin(violation);
    await refuse?.(pin);
  };
  return askTwice(
    prompt,
    { of, role: "new", refusal: reason, later: later ?? undefined },
    { of, role: "repeat" },
    check,
  );
}

/**
 * Why a new PIN is not good enough, or null. Whoever gives a recovery code as a new PIN has
 * mistaken the question.
 */
function judgeNew(pin: Secret, policy: PinPolicy): PinViolation | null {
  const text = pin.toString("utf8");
  if (text.includes("\ufffd"))
    return { rule: "alphabet", message: t("a character in it could not be read as UTF-8") };
  if (!isLikeRecoveryCode(text)) return judgePin(text, policy);
  return { rule: "recovery-code", message: t("it has the form of a recovery code") };
}

/** A PIN that breaks a rule of its policy. */
export function refusedPin({ rule, message }: PinViolation): FobError {
  return new FobError("invalid", t`this PIN is refused (${rule}): ${message}`);
}

/** A passphrase that breaks a rule of its policy. */
export function refusedPassphrase({ rule, message }: PinViolation): FobError {
  return new FobError("invalid", t`this passphrase is refused (${rule}): ${message}`);
}

/** What is wrong with a new PIN or passphrase that is the one from before. */
export function isTheSame(): PinViolation {
  return { rule: "same", message: t("it is the current one") };
}

/**
 * Asks for the passphrase of a new encrypted file, or, for null, of a vault whose key nobody keeps;
 * twice where a person types it. Whoever has the file can guess without end, so that a short one is
 * refused. `refuse` throws FobError `invalid` for others. The caller forgets it.
 */
export function askNewPassphrase(
  prompt: PinPrompt,
  of: string | null,
  { refuse }: { refuse?(passphrase: Secret): Promise<void> } = {},
): Promise<Secret> {
  const check = async (passphrase: Secret) => {
    const violation = judgeNew(passphrase, PASSPHRASE_POLICY);
    if (violation) throw refusedPassphrase(violation);
    await refuse?.(passphrase);
  };
  return askTwice(prompt, { of, role: "new-passphrase" }, { of, role: "repeat-passphrase" }, check);
}

function askTwice(
  prompt: PinPrompt,
  first: Omit<PinRequest, "refusal"> & { readonly refusal?: FobError | null },
  second: Omit<PinRequest, "refusal">,
  refuseBad: (pin: Secret) => Promise<void>,
): Promise<Secret> {
  return askUntil(prompt, first, async (pin) => {
    await refuseBad(pin);
    if (prompt.interactive) {
      const again = await prompt.ask({ ...second, refusal: null });
      const same = sameSecret(pin, again);
      forget(again);
      if (!same) throw new FobError("invalid", t("the two answers differ"));
    }
    return Buffer.from(pin);
  });
}
