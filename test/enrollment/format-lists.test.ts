import { readFileSync } from "node:fs";
import { describe, expect, expectTypeOf, test } from "vitest";
import { exportTokens } from "#commands/export/export.ts";
import { EXPORT_FORMATS } from "#enrollment/export-formats.ts";
import { APP_FORMATS, type FormatId } from "#enrollment/files/app-formats.ts";
import { readAppFile } from "#enrollment/files/read-file.ts";
import { STRING_FORMATS } from "#enrollment/formats/string-formats.ts";
import { recognize } from "#enrollment/recognize.ts";

describe("the lists of formats", () => {
  test.each([
    ["enrollment strings and app files", [...STRING_FORMATS, ...APP_FORMATS]],
    ["exports", EXPORT_FORMATS],
  ])("the ids of %s are different, and stable names", (_, formats) => {
    const ids = formats.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(ids.filter((id) => !/^[a-z0-9]+(?:-[a-z0-9]+)*$/.test(id))).toEqual([]);
  });

  test("what is read has a format of the lists, and the compiler knows it", async () => {
    const [draft] = await recognize("steam://JBSWY3DPEHPK3PXP");
    expect(draft?.format).toBe("steam");
    expectTypeOf<NonNullable<typeof draft>["format"]>().toExtend<FormatId>();
    expectTypeOf<FormatId>().not.toEqualTypeOf<string>();
  });

  test("docs/migrating.md names every app whose files are read", () => {
    const page = readFileSync("docs/migrating.md", "utf8");
    expect(APP_FORMATS.filter(({ app }) => !page.includes(app))).toEqual([]);
  });

  test("the message about an unknown file names every app", async () => {
    const reading = { askSecret: async () => Buffer.of(), readQrCodes: async () => [] };
    const refusal = await readAppFile(Buffer.from("{}"), "x", reading).catch((error) => error);
    for (const { app } of APP_FORMATS) expect(refusal.hint).toContain(app);
  });

  test("the description of export names every format but the usual one", () => {
    const [, ...others] = EXPORT_FORMATS;
    for (const { id } of others) expect(exportTokens.description).toContain(`${id} (`);
  });
});
