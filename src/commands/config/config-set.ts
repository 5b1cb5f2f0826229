import { t } from "#base/language.ts";
import { defineCommand, required } from "#cli/command.ts";
import type { Context } from "#cli/context.ts";
import { SETTING_KEYS } from "#cli/settings/setting-definitions.ts";
import { parseSettingKey } from "#cli/settings/settings.ts";
import { printable } from "#token/printable.ts";
import { noteOverride, type SettingView, viewSetting } from "./setting-view.ts";

/** `fob config set`: writes a setting into the configuration. */
export const configSet = defineCommand({
  name: "config set",
  summary: "change a setting, for all commands to come",
  description: "Writes into config.json in fob's home. What else is in there stays as it is.",
  arguments: {
    key: required("KEY", "name of a setting; `fob config list` shows all of them", SETTING_KEYS),
    value: required("VALUE", "its new value"),
  },
  options: {},
  examples: [
    {
      command: "fob config set clipboard.clear-after 60",
      explanation: "copied passcodes stay for a minute",
    },
    {
      command: "fob config set code.min-validity 5",
      explanation: "no passcode that is about to end",
    },
  ],
  async run(
    { key: name, value: text },
    { settings }: Pick<Context, "settings">,
  ): Promise<SettingView> {
    const key = parseSettingKey(name);
    await settings.assign(key, text);
    return viewSetting(key, settings);
  },
  text: ({ key, value }) => printable(t`${key} is ${value}`),
  json: (view) => view,
  notes: noteOverride,
});
