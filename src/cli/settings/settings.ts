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

/** Where the value of a setting comes from; the first of these that has one decides. */
export type SettingSource = "option" | "environment" | "config" | "default";

/** The value of a setting that counts, and who gave it: the option, the variable, or the file. */
export interface Effective<T> {
  readonly value: T;
  readonly source: SettingSource;
  /** Null for the default. */
  readonly from: string | null;
}

/**
 * What options, environment and configuration say together. The configuration is read when a
 * setting is first asked for.
 */
export interface Settings {
  /**
   * The value that counts, `given` being the text of the command's own option. Throws FobError
   * `usage` for a wrong text of an option or variable, `invalid` for a wrong value in the
   * configuration, naming it and what is needed.
   */
  choose<Key extends SettingKey>(key: Key, given?: string): SettingValue<Key>;
  /**
   * What the global option or the environment say for this run, or null. The configuration is not
   * read.
   */
  demand<Key extends SettingKey>(key: Key): SettingValue<Key> | null;
  /** {@link Settings.choose}, and where the value comes from. */
  look<Key extends SettingKey>(key: Key): Effective<SettingValue<Key>>;
  /**
   * What the configuration has that no setting is called. Throws what {@link readConfig} throws.
   */
  unknownKeys(): readonly string[];
  /** Writes a value into the configuration. Throws FobError `usage` for a text that is none. */
  assign(key: SettingKey, text: string): Promise<void>;
  /** Takes a key, known or not, out of the configuration. Returns whether it was there. */
  remove(key: string): Promise<boolean>;
}

/** The settings that hold for one run of the program. */
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
 * {@link Settings.choose} for what is worth no failure: a configuration that is wrong stops what
 * depends on it, and `fob config` has to mend it.
 */
export function chooseUnlessWrong<Key extends SettingKey>(
  settings: Settings,
  key: Key,
): SettingValue<Key> {
  try {
    return settings.choose(key);
  } catch (error) {
    if (error instanceof FobError)
      return (SETTINGS[key] as SettingDefinition<SettingValue<Key>>).initial;
    throw error;
  }
}

/** The key that a text names. Throws FobError `usage` with the nearest ones. */
export function parseSettingKey(text: string): SettingKey {
  if (isSettingKey(text)) return text;
  throw new FobError("usage", t`there is no setting ${JSON.stringify(text)}`, {
    hint: suggestSetting(text) ?? t("`fob config list` shows all of them"),
  });
}

/** `did you mean ...?`, or null when nothing resembles the text. */
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
  return text === null
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
