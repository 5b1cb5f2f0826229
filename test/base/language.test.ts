import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  again,
  declared,
  inEnglish,
  original,
  plural,
  speak,
  t,
  translated,
} from "#base/language.ts";

const MESSAGES = {
  texts: {
    "no tokens yet": { text: "jeszcze nic" },
    "no token is called “{1}”": { text: "„{1}”: nie ma" },
    "{1} of {2}": { text: "{2}, z tego {1}" },
    "{1} left": { text: "zostało {1}" },
    "wrong PIN for {1} ({2} left)": { text: "zły PIN ({1}, zostało {2})" },
  },
  plurals: {
    token: { one: "{1} token", few: "{1} tokeny", many: "{1} tokenów", other: "{1} tokenu" },
  },
};

let folder: string;
let warnings: string[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "fob-test-"));
  warnings = [];
});

afterEach(() => {
  speak(null, () => undefined);
  rmSync(folder, { recursive: true });
});

function speakPolish(content = JSON.stringify(MESSAGES)): void {
  writeFileSync(join(folder, "pl.json"), content);
  speak(join(folder, "pl.json"), (trouble) => warnings.push(trouble));
}

describe("in English", () => {
  test("texts are what they are, and one is one", () => {
    expect(t("no tokens yet")).toBe("no tokens yet");
    expect(t`${1} of ${null}\n`).toBe("1 of null\n");
    expect([0, 1, 2, 21].map((count) => plural(count, "token"))).toEqual([
      "0 tokens",
      "1 token",
      "2 tokens",
      "21 tokens",
    ]);
    expect([1, 2].map((count) => plural(count, "entry", "entries"))).toEqual([
      "1 entry",
      "2 entries",
    ]);
  });

  test("long numbers are grouped for people, and as they are for programs", () => {
    expect([9_999, 10_000].map((count) => plural(count, "token"))).toEqual([
      "9999 tokens",
      "10,000 tokens",
    ]);
    const said = t`${plural(12_345, "token")}, all of them whole`;
    expect(said).toBe("12,345 tokens, all of them whole");
    expect(original(said)).toBe("12345 tokens, all of them whole");
    expect(inEnglish(() => plural(12_345, "token"))).toBe("12345 tokens");
  });
});

describe("in another language", () => {
  test("texts are looked up by their English, with what stands in them in any order", () => {
    speakPolish();
    expect(t("no tokens yet")).toBe("jeszcze nic");
    expect(translated("no tokens yet")).toBe("jeszcze nic");
    expect(t`${1} of ${2}`).toBe("2, z tego 1");
    expect(t`not in the file: ${1}`).toBe("not in the file: 1");
  });

  test("what stands in a text is never translated nor filled in", () => {
    speakPolish();
    expect(t`no token is called “${"no tokens yet"}”`).toBe("„no tokens yet”: nie ma");
    expect(t`no token is called “${"{1}"}”`).toBe("„{1}”: nie ma");
  });

  test("nouns have the forms that their language counts with", () => {
    speakPolish();
    expect([1, 3, 5, 22].map((count) => plural(count, "token"))).toEqual([
      "1 token",
      "3 tokeny",
      "5 tokenów",
      "22 tokeny",
    ]);
    expect(plural(12_345, "token")).toMatch(/^12\s345 tokenów$/);
    expect(plural(2, "denial")).toBe("2 denials");
  });

  test("programs get the English of what people were told, also of texts in texts", () => {
    speakPolish();
    const said = t`${t("no tokens yet")}: ${t`${plural(3, "token")} left`}`;
    expect(said).toBe("jeszcze nic: zostało 3 tokeny");
    expect(original(said)).toBe("no tokens yet: 3 tokens left");
    expect(again(said)).toBe(said);
    expect(inEnglish(() => [again(said), t("no tokens yet"), t`${said}!`])).toEqual([
      "no tokens yet: 3 tokens left",
      "no tokens yet",
      "no tokens yet: 3 tokens left!",
    ]);
  });

  test("a declared text is found by its key, and its values are put in", () => {
    const text = declared`wrong PIN for ${"ACME"} (${9} left)`;
    expect(text).toBe("wrong PIN for ACME (9 left)");
    expect(translated(text)).toBe("wrong PIN for ACME (9 left)");
    speakPolish();
    expect(translated(text)).toBe("zły PIN (ACME, zostało 9)");
    expect(original(translated(text))).toBe(text);
    // the same words that were never declared are no text of ours
    expect(translated("wrong PIN for Ann (9 left)")).toBe("wrong PIN for Ann (9 left)");
  });

  test.each(["", "[]", "null", '{ "texts": {} }', '{ "texts": '])(
    "a broken file (%j) is said once, in English",
    (content) => {
      speakPolish(content);
      expect([t("no tokens yet"), plural(2, "token"), t`${1} left`]).toEqual([
        "no tokens yet",
        "2 tokens",
        "1 left",
      ]);
      expect(warnings).toEqual([expect.stringContaining("pl.json")]);
    },
  );

  test("a text that is none is as if it were not there", () => {
    speakPolish('{ "texts": { "no tokens yet": { "text": 1 } }, "plurals": { "token": 1 } }');
    expect([t("no tokens yet"), plural(2, "token"), t("constructor")]).toEqual([
      "no tokens yet",
      "2 tokens",
      "constructor",
    ]);
    expect(warnings).toEqual([]);
  });
});
