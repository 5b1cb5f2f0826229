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

/** The value of a setting that counts now, and where it comes from. */
export function viewSetting(key: SettingKey, settings: Settings): SettingView {
  return { key, ...settings.look(key), default: SETTINGS[key].initial };
}

/**
 * What counts before the value that the configuration now has, in words; nothing when that one
 * counts.
 */
export function noteOverride({ key, source, from, value }: SettingView): string[] {
  const isOverridden = source === "option" || source === "environment";
  return isOverridden ? [t`note: ${from} counts before it: ${key} is ${value} for now`] : [];
}
