import { toJsonSchema } from "@valibot/to-json-schema";
import {
  SETTING_KEYS,
  SETTINGS,
  type SettingDefinition,
  type SettingKey,
} from "#cli/settings/setting-definitions.ts";

const TABLE = "docs/configuration.md";
const SCHEMA = "schema/config.schema.json";

/** As wide as our formatter lets a line become. */
const WIDTH = 100;

/** What tells of every setting, by its path: the table of the documentation, and the schema. */
export function settingsDocuments(read: (path: string) => string): [string, string][] {
  return [
    [TABLE, withTable(read(TABLE))],
    [SCHEMA, withProperties(read(SCHEMA))],
  ];
}

function definitionOf(key: SettingKey): SettingDefinition<string | number | boolean> {
  return SETTINGS[key];
}

/** The rows of the table are the lines that begin with a setting. */
function withTable(page: string): string {
  return page.replace(/(?:^\| `[a-z].*\n)+/m, () => `${SETTING_KEYS.map(tableRow).join("\n")}\n`);
}

function tableRow(key: SettingKey): string {
  const { kind, initial, option, variables, summary } = definitionOf(key);
  const names = Object.keys(variables).map((name) => `\`${name}\``);
  const cells = [
    `\`${key}\``,
    kind.words(),
    `\`${initial}\``,
    option === null ? "" : `\`${option}\``,
    names.join(", "),
    summary,
  ];
  return `| ${cells.join(" | ")} |`;
}

function withProperties(text: string): string {
  const schema = JSON.parse(text);
  const { $schema } = schema.properties;
  const properties = Object.fromEntries(SETTING_KEYS.map((key) => [key, property(key)]));
  return format({ ...schema, properties: { $schema, ...properties } });
}

function property(key: SettingKey) {
  const { kind, initial, summary } = definitionOf(key);
  // the limit of a duration cannot be said by a pattern
  const { $schema: _, type, ...rest } = toJsonSchema(kind.schema, { errorMode: "ignore" });
  return { description: summary, type, ...rest, default: initial };
}

/** JSON as our formatter writes it: a list of values is one line where it fits. */
function format(value: unknown): string {
  const text = JSON.stringify(value, null, 2);
  const short = text.replace(/^(.*)\[\n([^[\]{}]*)\]/gm, (long, before: string, list: string) => {
    const line = `${before}[${list.trim().split(/\n\s*/).join(" ")}]`;
    return line.length < WIDTH ? line : long;
  });
  return `${short}\n`;
}
