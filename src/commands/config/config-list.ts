import { t } from "#base/language.ts";
import { defineCommand } from "#cli/command.ts";
import type { Context } from "#cli/context.ts";
import type { Style } from "#cli/output/style.ts";
import { formatTable } from "#cli/output/table.ts";
import { SETTING_KEYS } from "#cli/settings/setting-definitions.ts";
import { suggestSetting } from "#cli/settings/settings.ts";
import { printable } from "#token/printable.ts";
import { type SettingView, viewSetting } from "./setting-view.ts";

interface SettingList {
  readonly settings: readonly SettingView[];
  readonly unknownKeys: readonly string[];
}

/** `fob config list`: every setting with its value and source. */
export const configList = defineCommand({
  name: "config list",
  summary: "list the settings, their values, and where those come from",
  description: "docs/configuration.md says what each is for.",
  arguments: {},
  options: {},
  examples: [
    {
      command: "fob config list",
      explanation: "each with the option, variable or file that decides",
    },
  ],
  isPaged: true,
  run: async (_, { settings }: Pick<Context, "settings">): Promise<SettingList> => ({
    settings: SETTING_KEYS.map((key) => viewSetting(key, settings)),
    unknownKeys: settings.unknownKeys(),
  }),
  text: formatSettings,
  json: ({ settings }) => settings,
  notes: ({ unknownKeys }) => unknownKeys.map(describeUnknown),
});

function formatSettings({ settings }: SettingList, style: Style): string {
  return formatTable(
    [
      [t("SETTING"), ({ key }) => key],
      [t("VALUE"), ({ value }) => printable(String(value))],
      [t("FROM"), ({ from }) => printable(from ?? t("default"))],
    ],
    settings,
    style,
  );
}

function describeUnknown(key: string): string {
  const suggestion = suggestSetting(key);
  const warning = t`warning: config.json has ${JSON.stringify(key)}, which is no setting`;
  return suggestion ? `${warning}: ${suggestion}` : warning;
}
