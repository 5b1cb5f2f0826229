import { defineCommand, required } from "#cli/command.ts";
import type { Context } from "#cli/context.ts";
import { SETTING_KEYS } from "#cli/settings/setting-definitions.ts";
import { parseSettingKey } from "#cli/settings/settings.ts";
import { printable } from "#token/printable.ts";
import { type SettingView, viewSetting } from "./setting-view.ts";

/** `fob config get`: the value of a setting that counts. */
export const configGet = defineCommand({
  name: "config get",
  summary: "print the value of a setting that counts",
  description:
    "Options count before the environment, the environment before config.json, and that before the default.",
  arguments: {
    key: required("KEY", "name of a setting; `fob config list` shows all of them", SETTING_KEYS),
  },
  options: {},
  examples: [
    {
      command: "fob config get clipboard.clear-after",
      explanation: "prints 30, unless you have set it",
    },
  ],
  run: async ({ key }, { settings }: Pick<Context, "settings">): Promise<SettingView> =>
    viewSetting(parseSettingKey(key), settings),
  isData: true,
  text: ({ value }) => printable(String(value)),
  json: (view) => view,
});
