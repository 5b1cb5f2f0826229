import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { settingsOf } from "#cli/settings/settings.ts";
import { configGet } from "#commands/config/config-get.ts";
import { configList } from "#commands/config/config-list.ts";
import { configSet } from "#commands/config/config-set.ts";
import { configUnset } from "#commands/config/config-unset.ts";
import { emptyHome, printed } from "../stage.ts";

/** The settings of a home with this configuration, and what its file is. */
function configured(config?: Readonly<Record<string, unknown>>, env: NodeJS.ProcessEnv = {}) {
  const { home, access } = emptyHome();
  const path = join(home, "config.json");
  if (config) writeFileSync(path, JSON.stringify(config));
  const place = { access, isTerminal: false, isJson: false };
  return { home, path, ...place, settings: settingsOf(home, {}, env) };
}

const parse = (path: string) => JSON.parse(readFileSync(path, "utf8"));

test("sets, gets and unsets", async () => {
  const context = configured();
  const key = "code.min-validity";
  expect(printed(configSet, await configSet.run({ key, value: "5" }, context))).toMatchObject({
    text: "code.min-validity is 5",
    notes: [],
  });
  expect(printed(configGet, await configGet.run({ key }, context)).text).toBe("5");
  const unset = async () => printed(configUnset, await configUnset.run({ key }, context));
  expect((await unset()).text).toBe("code.min-validity is 0");
  expect((await unset()).notes).toEqual(["code.min-validity was not set"]);
});

test("takes yes and no by their words, and nothing else", async () => {
  const context = configured();
  const key = "push.notify";
  const set = await configSet.run({ key, value: "true" }, context);
  expect(printed(configSet, set).text).toBe("push.notify is true");
  expect(printed(configGet, await configGet.run({ key }, context)).json.value).toBe(true);
  await expect(configSet.run({ key, value: "yes" }, context)).rejects.toMatchObject({
    code: "usage",
    message: 'push.notify is "yes": true or false is needed',
  });
});

test.each([
  ["clipboard.clear-after", "0", 'clipboard.clear-after is "0": a whole number of seconds from 1'],
  ["keychain", "cloud", 'keychain is "cloud": one of system, file, tpm, none is needed'],
  ["agent.idle", "31d", 'agent.idle is "31d": a duration of at most 30 days'],
  ["colour", "never", 'there is no setting "colour"'],
])("refuses to set %s to %s, and makes no file", async (key, value, message) => {
  const context = configured();
  await expect(configSet.run({ key, value }, context)).rejects.toMatchObject({
    code: "usage",
    message: expect.stringContaining(message),
  });
  expect(readdirSync(context.home)).toEqual([]);
});

test.each([
  ["clear", "did you mean clipboard.clear-after?"],
  ["toString", "`fob config list` shows all of them"],
])("knows no setting %s, and says what could be meant", async (key, hint) => {
  const context = configured();
  await expect(configGet.run({ key }, context)).rejects.toMatchObject({ code: "usage", hint });
  await expect(configUnset.run({ key }, context)).rejects.toMatchObject({ code: "usage", hint });
});

test("keeps what it does not know, and names it with the nearest setting", async () => {
  const context = configured({ $schema: "x", colour: "auto", deep: { a: [1] } });
  await configSet.run({ key: "agent.idle", value: "2h" }, context);
  expect(parse(context.path)).toEqual({
    $schema: "x",
    colour: "auto",
    deep: { a: [1] },
    "agent.idle": "2h",
  });
  expect(printed(configList, await configList.run({}, context)).notes).toEqual([
    'warning: config.json has "colour", which is no setting: did you mean color?',
    'warning: config.json has "deep", which is no setting',
  ]);
  const atTerminal = await configList.run({}, { ...context, isTerminal: true });
  expect(printed(configList, atTerminal).notes.at(-1)).toBe(`settings are kept in ${context.path}`);
  const unset = await configUnset.run({ key: "deep" }, context);
  expect(printed(configUnset, unset).text).toBe("deep is gone");
  expect(parse(context.path)).not.toHaveProperty("deep");
});

test("says what counts before the value that was set", async () => {
  const context = configured({}, { NO_COLOR: "1" });
  const set = await configSet.run({ key: "color", value: "always" }, context);
  expect(printed(configSet, set)).toMatchObject({
    text: "color is never",
    notes: ["note: NO_COLOR counts before it: color is never for now"],
  });
  const { text } = printed(configList, await configList.run({}, context));
  expect(text).toContain("color\tnever\tNO_COLOR\n");
});
