import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { ACCESS, refuseByDomain } from "#token/access-domain.ts";
import { forget } from "#token/secret.ts";
import { askUntil, type PinPrompt } from "#vault/pins/pin-prompt.ts";
import type { TokenState } from "#vault/tokens/authenticator.ts";

/**
 * Opens the vault in this process, for uses that an agent must refuse. Throws FobError `invalid`.
 */
export async function openAgain<T>(open: () => Promise<T | null>): Promise<T> {
  const opened = await open();
  if (opened) return opened;
  throw new FobError("invalid", t("the vault has vanished"));
}

/** Whether a token can be used only after the app PIN was given in the same call. */
export function needsAppPin({
  token,
  isGuarded,
}: Pick<TokenState, "token" | "isGuarded">): boolean {
  return token.accessDomain === ACCESS.pin && !isGuarded;
}

/** What opens a guarded token: its PIN, or the key that biometrics released. */
export interface Opener {
  readonly pin: string | null;
  readonly biometricKey: string | null;
}

const NOTHING: Opener = { pin: null, biometricKey: null };

/**
 * Uses a guarded token: with the key that biometrics release where they are on, else with its PIN,
 * which is asked for until the agent accepts it. `act` can ask for the `later` PINs, where they are
 * known. Throws by the access domain before anything is asked.
 */
export async function opening<T>(
  { token, isGuarded, isBiometric }: TokenState,
  prompt: PinPrompt,
  act: (opener: Opener) => Promise<T>,
  later?: number,
): Promise<T> {
  refuseByDomain(token, isGuarded);
  if (!isGuarded) return act(NOTHING);
  const key = isBiometric
    ? await prompt.release({ of: token.name, item: `biometric-${token.id}` })
    : null;
  try {
    if (key) return await act({ pin: null, biometricKey: key.toString("base64") });
  } catch (error) {
    // the PIN and its biometric key were changed meanwhile
    if (!hasCode(error, "denied", "locked")) throw error;
  } finally {
    forget(key);
  }
  const outcome = await askUntil(prompt, { of: token.name, role: "current", later }, (pin) =>
    act({ pin: pin.toString("utf8"), biometricKey: null }).then(
      (value) => ({ value }),
      (error: unknown) => {
        if (hasCode(error, "denied")) throw error;
        // another PIN would not help
        return { error };
      },
    ),
  );
  if ("error" in outcome) throw outcome.error;
  return outcome.value;
}

function hasCode(error: unknown, ...codes: readonly string[]): boolean {
  return error instanceof FobError && codes.includes(error.code);
}
