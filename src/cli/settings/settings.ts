import * as v from "valibot";
import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import type { GlobalFlags } from "#cli/command-line/global-flags.ts";
import { matchName } from "#token/names.ts";
import { type Config, changeConfig, configPath, readConfig } from "./config-file.ts";
import {
  isSettingKey,
  SETTING_KEYS,
  SETTINGS,
  type SettingDefinition,
  type SettingKey,
  type SettingValue,
} from "./setting-definitions.ts";

/** Where the value of a setting can come from, in order of precedence. */
export type SettingSource = "option" | "environment" | "config" | "default";

/**
 * The effective value of a setting, and its origin: the name of the option or variable, or the path
 * of the file.
 */
export interface Effective<T> {
  readonly value: T;
  readonly source: SettingSource;
  /** Null for the default. */
  readonly from: string | null;
}

/**
 * The settings from options, environment and configuration. The configuration is read when it is
 * first needed.
 */
export interface Settings {
  /**
   * The effective value; `given` is the text of the command's own option. Throws FobError `usage`
   * for a wrong option or variable, `invalid` for a wrong value in the configuration; both name the
   * setting and the allowed values.
   */
  choose<Key extends SettingKey>(key: Key, given?: string): SettingValue<Key>;
  /**
   * The value from the global option or the environment, or null. Does not read the configuration.
   */
  demand<Key extends SettingKey>(key: Key): SettingValue<Key> | null;
  /** {@link Settings.choose}, with the origin of the value. */
  look<Key extends SettingKey>(key: Key): Effective<SettingValue<Key>>;
  /** The unknown keys of the configuration. Throws what {@link readConfig} throws. */
  unknownKeys(): readonly string[];
  /** Writes a value into the configuration. Throws FobError `usage` for an invalid value. */
  assign(key: SettingKey, text: string): Promise<void>;
  /** Removes a key, known or unknown, from the configuration. Returns whether it was there. */
  remove(key: string): Promise<boolean>;
}

/** Creates the settings of one run of the program. */
export function settingsOf(home: string, flags: GlobalFlags, env: NodeJS.ProcessEnv): Settings {
  const definitionOf = <Key extends SettingKey>(key: Key) =>
    SETTINGS[key] as SettingDefinition<SettingValue<Key>>;
  const demanded = <Key extends SettingKey>(key: Key, given?: string) =>
    fromOption(definitionOf(key), given, flags) ?? fromEnvironment(definitionOf(key), env);
  const look = <Key extends SettingKey>(key: Key, given?: string): Effective<SettingValue<Key>> =>
    demanded(key, given) ??
    fromConfig(definitionOf(key), key, home) ?? {
      value: definitionOf(key).initial,
      source: "default",
      from: null,
    };
  return {
    look,
    demand: (key) => demanded(key)?.value ?? null,
    choose: (key, given) => look(key, given).value,
    unknownKeys: () =>
      Object.keys(readConfig(home)).filter((key) => !isSettingKey(key) && key !== "$schema"),
    async assign(key, text) {
      const value = parse<string | number | boolean>(SETTINGS[key], text, key);
      await changeConfig(home, (config) => ({ ...config, [key]: value }));
    },
    async remove(key) {
      if (!Object.hasOwn(readConfig(home), key)) return false;
      await changeConfig(home, ({ [key]: _removed, ...rest }) => rest);
      return true;
    },
  };
}

/**
 * {@link Settings.choose}, but with the default value when the configuration is wrong: for settings
 * that must not make a command fail, so that `fob config` can repair the configuration. Throws
 * FobError `usage` for a wrong option.
 */
export function chooseUnlessWrong<Key extends SettingKey>(
  settings: Settings,
  key: Key,
  given?: string,
): SettingValue<Key> {
  if (given !== undefined) return settings.choose(key, given);
  try {
    return settings.choose(key);
  } catch (error) {
    if (error instanceof FobError)
      return (SETTINGS[key] as SettingDefinition<SettingValue<Key>>).initial;
    throw error;
  }
}

/** The key with this name. Throws FobError `usage` with the nearest ones. */
export function parseSettingKey(text: string): SettingKey {
  if (isSettingKey(text)) return text;
  throw new FobError("usage", t`there is no setting ${JSON.stringify(text)}`, {
    hint: suggestSetting(text) ?? t("`fob config list` shows all of them"),
  });
}

/** `did you mean ...?`, or null when no setting has a similar name. */
export function suggestSetting(text: string): string | null {
  const keys = SETTING_KEYS.map((key) => ({ id: key, name: key, issuer: null, account: key }));
  const match = matchName(text, keys);
  const names =
    match.kind === "none" ? match.nearest : match.kind === "one" ? [match.token.name] : [];
  return names.length === 0 ? null : t`did you mean ${names.join(" or ")}?`;
}

function fromOption<T extends string | number | boolean>(
  definition: SettingDefinition<T>,
  given: string | undefined,
  flags: GlobalFlags,
): Effective<T> | null {
  const { option, fromFlags } = definition;
  const text = given ?? fromFlags?.(flags) ?? null;
  return text === null || option === null
    ? null
    : { value: parse(definition, text, option), source: "option", from: option };
}

function fromEnvironment<T extends string | number | boolean>(
  definition: SettingDefinition<T>,
  env: NodeJS.ProcessEnv,
): Effective<T> | null {
  for (const [variable, read] of Object.entries(definition.variables)) {
    const text = env[variable];
    const said = text === undefined ? null : read(text);
    if (said !== null)
      return { value: parse(definition, said, variable), source: "environment", from: variable };
  }
  return null;
}

function fromConfig<T extends string | number | boolean>(
  { kind }: SettingDefinition<T>,
  key: SettingKey,
  home: string,
): Effective<T> | null {
  const config: Config = readConfig(home);
  if (!Object.hasOwn(config, key)) return null;
  const path = configPath(home);
  const parsed = v.safeParse(kind.schema, config[key]);
  if (parsed.success) return { value: parsed.output, source: "config", from: path };
  throw new FobError(
    "invalid",
    t`${key} is ${JSON.stringify(config[key])} in ${path}: ${kind.words()} is needed`,
    {
      hint: t`\`fob config set ${key} VALUE\`, or \`fob config unset ${key}\``,
    },
  );
}

function parse<T extends string | number | boolean>(
  { kind }: SettingDefinition<T>,
  text: string,
  where: string,
): T {
  const parsed = v.safeParse(kind.schema, kind.fromText(text));
  if (parsed.success) return parsed.output;
  throw new FobError("usage", t`${where} is ${JSON.stringify(text)}: ${kind.words()} is needed`);
}
