import { t } from "#base/language.ts";
import { defineCommand, optional } from "#cli/command.ts";
import type { Context } from "#cli/context.ts";
import { existingVault } from "#commands/lookup.ts";
import { existingTokenPin } from "#commands/pin/pin-target.ts";
import { printable } from "#token/printable.ts";
import { disableForApp, disableForToken } from "#vault/keys/biometrics.ts";

interface Disabled {
  readonly name: string | null;
  readonly biometric: false;
  readonly wasOn: boolean;
}

/** `fob biometric disable`: the PIN alone counts again. */
export const biometricDisable = defineCommand({
  name: "biometric disable",
  summary: "let the PIN alone count again",
  arguments: { name: optional("NAME", "name or id of a token; without it, the app PIN", "token") },
  options: {},
  examples: [{ command: "fob biometric disable vpn", explanation: "its PIN is asked for again" }],
  async run({ name }, context: Pick<Context, "access" | "findVault">): Promise<Disabled> {
    if (name === undefined) {
      const wasOn = await disableForApp(await existingVault(context), context.access);
      return { name: null, biometric: false, wasOn };
    }
    const { vault, record } = await existingTokenPin(name, context);
    const wasOn = await disableForToken(vault, record, context.access);
    return { name: record.token.name, biometric: false, wasOn };
  },
  text: ({ name, wasOn }) => {
    const pin = name === null ? t("app PIN") : t`PIN of ${printable(name)}`;
    return wasOn ? t`the ${pin} alone counts again` : t`nothing stood for the ${pin}`;
  },
  json: ({ name, biometric }) => ({ name, biometric }),
});
