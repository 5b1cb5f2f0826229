import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { forget } from "#token/secret.ts";
import type { Token } from "#token/token.ts";
import { askPasscodePin, type PinPrompt } from "#vault/pins/pin-prompt.ts";
import type { TokenPasscode } from "./passcode-view.ts";

/**
 * Makes a passcode, with the PIN of the server before or after it, as the token says. The PIN is
 * asked for first, so that no event-based passcode is used up without it. Throws FobError `usage`
 * for a token whose server wants none.
 */
export async function withServerPin(
  { name, pin: type, pinOrder }: Token,
  prompt: PinPrompt,
  make: () => Promise<TokenPasscode>,
): Promise<TokenPasscode> {
  if (type !== "server") {
    throw new FobError("usage", t`--with-pin: the server of ${name} wants no PIN`, {
      hint: t("an enrollment string says so with `pinpolicy=server`"),
    });
  }
  const pin = await askPasscodePin(name, prompt);
  try {
    const made = await make();
    const parts = [pin.toString("utf8"), made.passcode.code];
    const code = (pinOrder === "after" ? parts.reverse() : parts).join("");
    return { ...made, passcode: { ...made.passcode, code } };
  } finally {
    forget(pin);
  }
}
