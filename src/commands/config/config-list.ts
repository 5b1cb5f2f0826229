import { t } from "#base/language.ts";
import { defineCommand } from "#cli/command.ts";
import type { Context } from "#cli/context.ts";
import type { Style } from "#cli/output/style.ts";
import { formatTable } from "#cli/output/table.ts";
import { configPath } from "#cli/settings/config-file.ts";
import { SETTING_KEYS } from "#cli/settings/setting-definitions.ts";
import { suggestSetting } from "#cli/settings/settings.ts";
import { printable } from "#token/printable.ts";
import { type SettingView, viewSetting } from "./setting-view.ts";

interface SettingList {
  readonly settings: readonly SettingView[];
  readonly unknownKeys: readonly string[];
  /** The file of the settings, for a person; null for a script. */
  readonly file: string | null;
}

type ListContext = Pick<Context, "access" | "isJson" | "isTerminal" | "settings">;

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
  run: async (_, { settings, access, isTerminal, isJson }: ListContext): Promise<SettingList> => ({
    settings: SETTING_KEYS.map((key) => viewSetting(key, settings)),
    unknownKeys: settings.unknownKeys(),
    file: isTerminal && !isJson ? configPath(access.home) : null,
  }),
  text: formatSettings,
  json: ({ settings }) => settings,
  notes: ({ unknownKeys, file }) => [
    ...unknownKeys.map(describeUnknown),
    ...(file === null ? [] : [t`settings are kept in ${file}`]),
  ],
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
