import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import {
  judgePin,
  PASSPHRASE_POLICY,
  type PinPolicy,
  type PinViolation,
} from "#token/pin-policy.ts";
import { forget, type Secret, sameSecret } from "#token/secret.ts";
import type { Token } from "#token/token.ts";
import type { KeyItem } from "#vault/keys/key-store.ts";
import { isLikeRecoveryCode } from "#vault/keys/recovery-code.ts";

/**
 * Describes the PIN for the prompt. `of` is the name of a token or file, or null for the app PIN.
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
  /** Why the last answer was refused, when the question is repeated. */
  readonly refusal: FobError | null;
  /**
   * How many PINs are asked for after this one, if known: a script that gives more lines has
   * miscounted.
   */
  readonly later?: number | undefined;
}

/** One use of a token, before it happens. */
export interface TokenUse {
  readonly token: Pick<Token, "id" | "name" | "confirm">;
  /** The label of the grant that opens the token; null for a vault. */
  readonly grantLabel: string | null;
  /** Called when a person was asked, whatever the answer, and where none came in time. */
  readonly onAsk?: () => void;
}

/** The source of PINs: a person at a terminal, a file, a descriptor or the environment. */
export interface PinPrompt {
  /**
   * The PIN as UTF-8 bytes. Throws FobError `locked` when there is no source, and the request's
   * refusal when asking again is pointless.
   */
  ask(request: PinRequest): Promise<Secret>;

  /**
   * The key that is released when the platform recognises the person by fingerprint or face; null
   * when it cannot, or the person prefers to type the PIN.
   */
  release(request: { readonly of: string | null; readonly item: KeyItem }): Promise<Secret | null>;

  /** Whether a person types the answers, and must repeat a new PIN. */
  readonly interactive: boolean;

  /**
   * Asks a person whether a token may be used, where its setting says so. Throws FobError `denied`
   * for no. Missing where nobody can be asked.
   */
  approve?(use: TokenUse): Promise<void>;

  /**
   * A person at the terminal of this process: one who types its command there, or one whom only
   * questions reach, because its input is something else. Missing for nobody.
   */
  readonly atTerminal?: "typing" | "reachable" | undefined;
}

/**
 * Asks for the PIN that is an input of a passcode. It is not stored, so a wrong one cannot be
 * detected. The caller wipes it.
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
    ...prompt,
    ask: (request) => prompt.ask({ ...request, later: (request.later ?? 0) + later }),
  };
}

/**
 * Asks until `check` accepts the PIN. A FobError `denied` or `invalid` of `check` is shown with the
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
 * Asks for a new PIN, twice when a person types it. `policy` and `refuse` must accept it; `refuse`
 * throws FobError `invalid`. `reason` is shown with the first question. No PIN is asked for after
 * it, unless `later` gives another number, or null for an unknown number. The caller wipes it.
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
 * The rule that a new PIN breaks, or null. A recovery code is refused, because the person has
 * misread the question.
 */
function judgeNew(pin: Secret, policy: PinPolicy): PinViolation | null {
  const text = pin.toString("utf8");
  if (text.includes("\ufffd"))
    return { rule: "alphabet", message: t("a character in it could not be read as UTF-8") };
  if (!isLikeRecoveryCode(text)) return judgePin(text, policy);
  return { rule: "recovery-code", message: t("it has the form of a recovery code") };
}

/** The error for a PIN that breaks a rule. */
export function refusedPin({ rule, message }: PinViolation): FobError {
  return new FobError("invalid", t`this PIN is refused (${rule}): ${message}`);
}

/** The error for a passphrase that breaks a rule. */
export function refusedPassphrase({ rule, message }: PinViolation): FobError {
  return new FobError("invalid", t`this passphrase is refused (${rule}): ${message}`);
}

/** The rule that a new PIN or passphrase breaks when it equals the current one. */
export function isTheSame(): PinViolation {
  return { rule: "same", message: t("it is the current one") };
}

/**
 * Asks for a new passphrase, twice when a person types it: of an encrypted file, or (null) of a
 * vault without a keychain. A short one is refused, because anyone with the file can guess offline.
 * `refuse` throws FobError `invalid` for further ones. The caller wipes it.
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
