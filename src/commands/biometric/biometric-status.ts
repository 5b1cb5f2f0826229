import { FobError } from "#base/fob-error.ts";
import { again, original, t } from "#base/language.ts";
import { defineCommand } from "#cli/command.ts";
import type { Context } from "#cli/context.ts";
import { formatFields } from "#cli/output/table.ts";
import { lookListed } from "#commands/lookup.ts";
import { printable } from "#token/printable.ts";
import { isEnabledForApp } from "#vault/keys/biometrics.ts";
import { readHeader } from "#vault/keys/header.ts";

interface BiometricStatus {
  /** Its name, or null. */
  readonly sensor: string | null;
  /** Why there is none. */
  readonly problem: string | null;
  readonly app: boolean;
  /** The names of tokens that biometrics open instead of a PIN. */
  readonly tokens: readonly string[];
}

/** `fob biometric status`: the sensor, and the PINs that it replaces. */
export const biometricStatus = defineCommand({
  name: "biometric status",
  summary: "tell which sensor there is, and which PINs it stands for",
  arguments: {},
  options: {},
  examples: [{ command: "fob biometric status", explanation: "the sensor, the app, the tokens" }],
  async run(
    _,
    context: Pick<Context, "access" | "findTokens" | "sensor">,
  ): Promise<BiometricStatus> {
    const header = readHeader(context.access.home);
    const tokens = header ? await namesOfTokens(context) : [];
    return {
      ...(await findSensor(context)),
      app: header !== null && isEnabledForApp(header),
      tokens,
    };
  },
  text: ({ sensor, problem, app, tokens }, style) =>
    formatFields(
      [
        [t("sensor"), sensor === null ? t`none: ${problem}` : again(sensor)],
        [t("app PIN"), app ? t("a finger or face stands for it") : t("is typed")],
        [t("tokens"), tokens.length === 0 ? t("none") : printable(tokens.join(", "))],
      ],
      style,
    ),
  json: ({ sensor, problem, ...status }) => ({
    sensor: original(sensor),
    problem: original(problem),
    ...status,
  }),
});

async function findSensor({
  sensor,
}: Pick<Context, "sensor">): Promise<Pick<BiometricStatus, "sensor" | "problem">> {
  try {
    return { sensor: await sensor.describe(), problem: null };
  } catch (error) {
    if (error instanceof FobError) return { sensor: null, problem: error.message };
    throw error;
  }
}

async function namesOfTokens(context: Pick<Context, "findTokens">): Promise<string[]> {
  const store = await context.findTokens(null);
  const names: string[] = [];
  for (const { id, name } of (await store?.entries()) ?? []) {
    const state = store && (await lookListed(store, id));
    if (state?.isBiometric) names.push(name);
  }
  return names;
}
