import { readFileSync } from "node:fs";
import { toJsonSchema } from "@valibot/to-json-schema";
import { Ajv } from "ajv";
import { describe, expect, test } from "vitest";
import {
  SETTING_KEYS,
  SETTINGS,
  type SettingDefinition,
  type SettingKey,
} from "#cli/settings/setting-definitions.ts";

const read = (path: string) => readFileSync(new URL(`../../${path}`, import.meta.url), "utf8");
const schema = JSON.parse(read("schema/config.schema.json"));

function definitionOf(key: SettingKey): SettingDefinition<string | number | boolean> {
  return SETTINGS[key];
}

function describeKey(key: SettingKey) {
  const { kind, initial, summary } = definitionOf(key);
  // the limit of a duration cannot be said by a pattern
  const { $schema: _, ...rest } = toJsonSchema(kind.schema, { errorMode: "ignore" });
  return { description: summary, ...rest, default: initial };
}

function tableRow(key: SettingKey): string {
  const { kind, initial, option, variables, summary } = definitionOf(key);
  const names = Object.keys(variables).map((name) => `\`${name}\``);
  const cells = [
    `\`${key}\``,
    kind.words(),
    `\`${initial}\``,
    `\`${option}\``,
    names.join(", "),
    summary,
  ];
  return `| ${cells.join(" | ")} |`;
}

describe("the configuration's schema", () => {
  test("says what the definitions say", () => {
    expect(schema.properties).toEqual({
      $schema: { description: expect.any(String), type: "string" },
      ...Object.fromEntries(SETTING_KEYS.map((key) => [key, describeKey(key)])),
    });
  });

  test("takes a file of defaults, and refuses unknown keys and wrong values", () => {
    const isValid = new Ajv({ allowUnionTypes: true }).compile(schema);
    const defaults = Object.fromEntries(
      SETTING_KEYS.map((key) => [key, definitionOf(key).initial]),
    );
    expect(isValid({ $schema: "config.schema.json", ...defaults })).toBe(true);
    expect(isValid({ colour: "auto" })).toBe(false);
    expect(isValid({ "agent.idle": "soon" })).toBe(false);
    expect(isValid({ "code.min-validity": "5" })).toBe(false);
  });

  test("and the table in the documentation say the same", () => {
    const rows = read("docs/configuration.md")
      .split("\n")
      .filter((line) => /^\| `/.test(line));
    expect(rows).toEqual(SETTING_KEYS.map(tableRow));
  });
});
