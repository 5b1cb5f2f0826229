import { defineCommand, optional } from "../cli/command.ts";
import { t } from "../language.ts";
import { printable } from "../token/printable.ts";
import { disableForApp, disableForToken } from "../vault/biometrics.ts";
import { existingPinTarget } from "./pin-target.ts";

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
  async run({ name }, context): Promise<Disabled> {
    const { vault, record } = await existingPinTarget(name, context);
    const off = { name: record?.token.name ?? null, biometric: false } as const;
    const wasOn = record
      ? await disableForToken(vault, record, context.access)
      : await disableForApp(vault, context.access);
    return { ...off, wasOn };
  },
  text: ({ name, wasOn }) => {
    const pin = name === null ? t("app PIN") : t`PIN of ${printable(name)}`;
    return wasOn ? t`the ${pin} alone counts again` : t`nothing stood for the ${pin}`;
  },
  json: ({ name, biometric }) => ({ name, biometric }),
});
