import { t } from "#base/language.ts";
import { defineCommand, optional } from "#cli/command.ts";
import type { Context } from "#cli/context.ts";
import { existingTokenPin, existingVaultToChange } from "#commands/pin/pin-target.ts";
import { printable } from "#token/printable.ts";
import { forget } from "#token/secret.ts";
import {
  enableForApp,
  enableForToken,
  refuseAppBiometrics,
  refuseTokenBiometrics,
} from "#vault/keys/biometrics.ts";
import { askSecretKey } from "#vault/pins/token-pin.ts";

type EnableContext = Pick<
  Context,
  "access" | "findVault" | "openToChange" | "pinPrompt" | "sensor" | "tell"
>;

/** `fob biometric enable`: a finger or face replaces a PIN. */
export const biometricEnable = defineCommand({
  name: "biometric enable",
  summary: "let a finger or face stand for the app PIN, or one token's PIN",
  description:
    "Asks for the PIN, then for the finger or face. From then on a terminal asks for those first, and for the PIN if you press Enter instead. " +
    "Changing the PIN turns it off. docs/security.md says what each platform promises.",
  arguments: { name: optional("NAME", "name or id of a token; without it, the app PIN", "token") },
  options: {},
  examples: [
    { command: "fob biometric enable vpn", explanation: "a touch in place of this token's PIN" },
  ],
  async run(
    { name },
    context: EnableContext,
  ): Promise<{ readonly name: string | null; readonly biometric: boolean }> {
    await context.sensor.describe();
    if (name === undefined) {
      const opened = await existingVaultToChange(context);
      refuseAppBiometrics(opened.vault);
      await recognize("fob", context);
      await enableForApp(opened, context.access);
      return { name: null, biometric: true };
    }
    const { vault, record } = await existingTokenPin(name, context);
    refuseTokenBiometrics(vault, record);
    const secretKey = await askSecretKey(vault, record, context.pinPrompt);
    await recognize(record.token.name, context);
    await enableForToken(vault, record, secretKey, context.access);
    forget(secretKey);
    return { name: record.token.name, biometric: true };
  },
  text: ({ name }) =>
    t`a finger or face stands for the ${name === null ? t("app PIN") : t`PIN of ${printable(name)}`}`,
  json: (result) => result,
});

async function recognize(
  name: string,
  { sensor, tell }: Pick<Context, "sensor" | "tell">,
): Promise<void> {
  tell(t`touch the sensor, or look at it, for ${name}`);
  await sensor.verify(t`let it unlock ${name}`, { signal: new AbortController().signal, tell });
}
