import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { messagesFile } from "#base/messages-file.ts";

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "fob-messages-"));
});

afterEach(() => rmSync(folder, { recursive: true }));

describe("the language", () => {
  test.each([
    [{ FOB_LANG: "de", LC_ALL: "fr_FR" }, "de"],
    [{ FOB_LANG: "", LC_ALL: "", LC_MESSAGES: "de_DE.UTF-8", LANG: "fr_FR" }, "de"],
    [{ LANG: "de_AT.UTF-8" }, "de_AT"],
    [{ LANG: "de_CH@euro" }, "de"],
    [{ LC_ALL: "C", LANG: "de" }, null],
    [{ LC_ALL: "POSIX" }, null],
    [{ LANG: "en_US.UTF-8" }, null],
    [{ LANG: "C.UTF-8" }, null],
    [{ LANG: "xx" }, null],
    [{}, null],
    [{ FOB_LANG: "../de" }, null],
    [{ FOB_LANG: "de/../de" }, null],
    [{ FOB_LANG: "de_/../de" }, null],
    [{ FOB_LANG: `${"de".repeat(5000)}` }, null],
  ])("of %j is %s", (env, name) => {
    for (const there of ["de", "de_AT", "fr", "en"])
      writeFileSync(join(folder, `${there}.json`), "");
    expect(messagesFile(folder, env)).toBe(name && `${folder}/${name}.json`);
  });
});
