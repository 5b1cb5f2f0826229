import { t } from "#base/language.ts";
import type { SettingKey } from "#cli/settings/setting-definitions.ts";
import { SETTINGS } from "#cli/settings/setting-definitions.ts";
import type { SettingSource, Settings } from "#cli/settings/settings.ts";

/** A setting as `config` prints it. */
export interface SettingView {
  readonly key: SettingKey;
  readonly value: string | number | boolean;
  readonly source: SettingSource;
  /** The option, variable or file that gave the value; null for the default. */
  readonly from: string | null;
  readonly default: string | number | boolean;
}

/** The effective value of a setting, and its source. */
export function viewSetting(key: SettingKey, settings: Settings): SettingView {
  return { key, ...settings.look(key), default: SETTINGS[key].initial };
}

/**
 * A note about the source that overrides the configuration; nothing when the configuration's value
 * is in effect.
 */
export function noteOverride({ key, source, from, value }: SettingView): string[] {
  const isOverridden = source === "option" || source === "environment";
  return isOverridden ? [t`note: ${from} counts before it: ${key} is ${value} for now`] : [];
}
