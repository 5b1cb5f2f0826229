import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { pinBytes } from "#token/secret.ts";
import type { PinPrompt } from "#vault/pins/pin-prompt.ts";

/**
 * Answers PIN prompts with the PINs of a request: the key that biometrics released (Base64), and
 * PINs by role. Throws FobError `locked` for a PIN that the request lacks.
 */
export function pinsOfRequest(
  biometricKey: string | null,
  pins: Readonly<Record<string, string | null>>,
): PinPrompt {
  return {
    interactive: false,
    release: async () => (biometricKey === null ? null : Buffer.from(biometricKey, "base64")),
    async ask({ of, role, refusal }) {
      if (refusal) throw refusal;
      const pin = pins[role] ?? null;
      if (pin === null)
        throw new FobError("locked", t`the PIN of ${of} is needed`, {
          hint: t("send it with the request"),
        });
      return pinBytes(pin);
    },
  };
}
