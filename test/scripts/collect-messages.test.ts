import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { collectFromProject, collectMessages } from "../../scripts/collect-messages.ts";

/**
 * What is collected of a file of a command with this text in a function, where `%{n}` is
 * a value in a template.
 */
function collect(statement: string) {
  return collectMessages(
    new Map([
      [
        "src/commands/x.ts",
        `function f(name: string, n: number) { ${statement.replaceAll("%{", `$\{`)} }`,
      ],
    ]),
  );
}

describe("the texts for people", () => {
  test("can all be collected from the sources", () => {
    const { texts, plurals } = collectFromProject(fileURLToPath(new URL("../..", import.meta.url)));
    expect(texts).toMatchObject({
      "print a token's passcode": { files: ["src/commands/code/code.ts"] },
      "no token is called {1}": { values: ["query"], files: ["src/token/find-token.ts"] },
    });
    expect(plurals).toMatchObject({ token: { one: "{1} token", other: "{1} tokens" } });
  });

  test.each<[statement: string, keys: readonly string[]]>([
    ['return t("no tokens yet");', ["no tokens yet"]],
    ["return t`no %{name} yet`;", ["no {1} yet"]],
    ['return { summary: "print it" };', ["print it"]],
    ["return { summary: declared`print %{n} of them` };", ["print {1} of them"]],
    ['return flag("print " + "it");', ["print it"]],
    ['return value("N", declared`of %{n}`);', ["of {1}"]],
    ['const HINT: Text = "try again"; return HINT;', ["try again"]],
    [
      'const HINTS: Texts = { a: "try again", b: "give up" }; return HINTS;',
      ["give up", "try again"],
    ],
  ])("of `%s` are %j", (statement, keys) => {
    expect(Object.keys(collect(statement).texts)).toEqual(keys);
  });

  test.each<[what: string, statement: string]>([
    ["an error whose message is not tagged", 'throw new FobError("usage", "no tokens yet");'],
    ["an error with values that is not tagged", 'throw new FobError("usage", `no %{name}`);'],
    ["a summary with values that is not tagged", "return { summary: `print %{n} of them` };"],
    ["an option with values that is not tagged", 'return value("N", `of %{n}`);'],
    ["t() of something else than a literal", "return t(name);"],
    ["a noun that is no literal", "return plural(n, name);"],
  ])("are refused for %s, with file and line", (_, statement) => {
    expect(() => collect(statement)).toThrow(/^src\/commands\/x\.ts:1: /);
  });

  test("are refused where they are made before any language is known", () => {
    expect(() => collectMessages(new Map([["src/x.ts", 'const A = t("no tokens");']]))).toThrow(
      "src/x.ts:1: no language is known yet",
    );
  });
});
