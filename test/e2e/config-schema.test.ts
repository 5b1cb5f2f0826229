import { readFileSync } from "node:fs";
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

describe("the configuration's schema", () => {
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
});
