import { t } from "#base/language.ts";
import { defineCommand } from "#cli/command.ts";
import type { Context } from "#cli/context.ts";

/** `fob biometric test`: does the sensor recognise the person? */
export const biometricTest = defineCommand({
  name: "biometric test",
  summary: "try whether the sensor recognises you",
  description: "Exit code 4 when it does not, 8 when there is none. Opens nothing.",
  arguments: {},
  options: {},
  examples: [{ command: "fob biometric test", explanation: "touch it once" }],
  async run(_, { sensor, tell }: Pick<Context, "sensor" | "tell">) {
    const name = await sensor.describe();
    tell(t`${name}: touch it, or look at it`);
    await sensor.verify(t("try the sensor"), { signal: new AbortController().signal, tell });
    return { sensor: name, recognized: true };
  },
  text: () => t("recognised"),
  json: (result) => result,
});
