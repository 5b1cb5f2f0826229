import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { pinBytes } from "#token/secret.ts";
import type { PinPrompt } from "#vault/pins/pin-prompt.ts";

/**
 * Answers PIN prompts with the PINs of a request: the key that biometrics released (Base64), and
 * PINs by role. `person` is asked for a PIN that the request lacks; without one that throws
 * FobError `locked`.
 */
export function pinsOfRequest(
  biometricKey: string | null,
  pins: Readonly<Record<string, string | null>>,
  person: PinPrompt | null = null,
  approve: PinPrompt["approve"] = undefined,
): PinPrompt {
  return {
    ...(approve && { approve }),
    interactive: person !== null,
    release: async () => (biometricKey === null ? null : Buffer.from(biometricKey, "base64")),
    async ask(request) {
      const { of, role, refusal } = request;
      const pin = pins[role] ?? null;
      if (pin === null && person) return person.ask(request);
      if (refusal) throw refusal;
      if (pin === null)
        throw new FobError("locked", t`the PIN of ${of} is needed`, {
          hint: t("send it with the request"),
        });
      return pinBytes(pin);
    },
  };
}
