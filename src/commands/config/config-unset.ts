import { t } from "#base/language.ts";
import { defineCommand, required } from "#cli/command.ts";
import type { Context } from "#cli/context.ts";
import { isSettingKey, SETTING_KEYS } from "#cli/settings/setting-definitions.ts";
import { parseSettingKey } from "#cli/settings/settings.ts";
import { printable } from "#token/printable.ts";
import { type SettingView, viewSetting } from "./setting-view.ts";

interface Unset {
  readonly key: string;
  readonly wasSet: boolean;
  /** What counts from now on; null for a key that is no setting. */
  readonly view: SettingView | null;
}

/** `fob config unset`: takes a setting out of the configuration. */
export const configUnset = defineCommand({
  name: "config unset",
  summary: "let the default of a setting count again",
  description: "Takes KEY out of config.json, also one that fob does not know.",
  arguments: { key: required("KEY", "name of a setting", SETTING_KEYS) },
  options: {},
  examples: [
    { command: "fob config unset code.min-validity", explanation: "any passcode will do again" },
  ],
  async run({ key }, { settings }: Pick<Context, "settings">): Promise<Unset> {
    const wasSet = await settings.remove(key);
    // a key that is neither known nor there is misspelt
    if (!wasSet) parseSettingKey(key);
    return { key, wasSet, view: isSettingKey(key) ? viewSetting(key, settings) : null };
  },
  text: ({ key, view }) =>
    printable(view === null ? t`${key} is gone` : t`${key} is ${view.value}`),
  json: ({ key, wasSet, view }) => ({
    key,
    wasSet,
    value: view?.value ?? null,
    source: view?.source ?? null,
  }),
  notes: ({ key, wasSet }) => (wasSet ? [] : [t`${key} was not set`]),
});
