import { describe, expect, test } from "vitest";
import { FobError } from "#base/fob-error.ts";
import { parseCommandLine } from "#cli/command-line/parse.ts";
import { mostSimilar } from "#cli/command-line/suggestion.ts";
import { COMMANDS } from "#commands/commands.ts";
import { welcome } from "#commands/tokens/welcome.ts";

const USUAL = "fob --help lists the commands";
const howTo = (name: string) => `${name} --help shows how it is used`;

function parsed(line: string, commands: typeof COMMANDS = COMMANDS) {
  return parseCommandLine(line.split(" ").filter(Boolean), {
    version: "0",
    columns: undefined,
    commands,
    alone: async () => welcome,
  });
}

/** What a command line is refused with; null where it is understood. */
async function refusalOf(line: string): Promise<FobError | null> {
  try {
    await parsed(line);
    return null;
  } catch (error) {
    if (error instanceof FobError) return error;
    throw error;
  }
}

test("what stands behind -- is no command", async () => {
  const meant = async (line: string) => {
    const result = await parsed(line);
    return "invocation" in result
      ? [result.invocation.command.name, result.invocation.input["name"]]
      : result.text;
  };
  expect(await meant("codes -- list")).toEqual(["codes", "list"]);
  expect(await meant("codes --copy -- add")).toEqual(["codes", "add"]);
  expect(await meant("codes -- help")).toEqual(["codes", "help"]);
  expect(await meant("codes list")).toEqual(["codes list", undefined]);
  expect(await meant("codes add -- list")).toEqual(["codes add", "list"]);
});

describe("a command line that is not understood", () => {
  test.each<[line: string, message: string, hint: string]>([
    ["lits", "unknown command 'lits'", "did you mean list?"],
    ["xyzzy", "unknown command 'xyzzy'", USUAL],
    ["help lst", "unknown command 'lst'", "did you mean list?"],
    ["pin sett", "unknown command 'sett'", "did you mean set?"],
    ["lab user ad", "unknown command 'ad'", "did you mean add?"],
    ["git", "unknown command 'git'", USUAL],
    ["rm --jsn vpn", "unknown option '--jsn'", "did you mean --json?"],
    ["--json add --frobnicate", "unknown option '--frobnicate'", howTo("fob enroll")],
    [
      "lab user",
      "a command is missing",
      "fob lab user add, fob lab user list, fob lab user unlock",
    ],
    [
      "config",
      "a command is missing",
      "fob config list, fob config get, fob config set, fob config unset",
    ],
    ["code --forma x", "unknown option '--forma'", "did you mean --format?"],
    ["code --jsn", "unknown option '--jsn'", "did you mean --json?"],
    ["code vpn --all --frobnicate --at +1s", "unknown option '--frobnicate'", howTo("fob code")],
    ["code --format {code} -x", "unknown option '-x'", howTo("fob code")],
    ["--quite code vpn", "unknown option '--quite'", "did you mean --quiet?"],
    ["pin --foo", "unknown option '--foo'", howTo("fob pin")],
    ["provision --quie totp", "unknown option '--quie'", "did you mean --quiet?"],
    ["provision --quieet totp", "unknown option '--quieet'", "did you mean --quiet?"],
    ["resync", "missing required argument 'NAME'", howTo("fob resync")],
    ["resync vpn", "missing required argument 'CODE1'", howTo("fob resync")],
    ["show a b", "too many arguments for 'show'. Expected 1 argument but got 2", howTo("fob show")],
    [
      "rename a b c d",
      "too many arguments for 'rename'. Expected 2 arguments but got 4",
      howTo("fob rename"),
    ],
    ["lock x", "too many arguments for 'lock'. Expected 0 arguments but got 1", howTo("fob lock")],
    ["code vpn --at", "option '--at <TIME>' argument missing", howTo("fob code")],
    ["list --home", "option '--home <DIR>' argument missing", howTo("fob")],
  ])("`fob %s` is refused with %j and the hint %j", async (line, message, hint) => {
    expect(await refusalOf(line)).toMatchObject({ code: "usage", message, hint });
  });

  test.each([
    ["ls", "list"],
    ["--home ls rm x --yes", "remove"],
    ["--json get vpn", "code"],
    ["add -", "enroll"],
  ])("`fob %s` is %s", async (line, name) => {
    expect(await parsed(line)).toMatchObject({ invocation: { command: { name } } });
  });

  test("`fob version` and the help of an alias print what they stand for", async () => {
    expect(await parsed("version")).toMatchObject({ text: "0\n" });
    expect(await parsed("help ls")).toEqual(await parsed("list --help"));
    expect(await parsed("code ls")).toMatchObject({ invocation: { input: { names: ["ls"] } } });
  });

  test("the help of fob has every command and group once", async () => {
    const { text } = (await parsed("--help")) as { readonly text: string };
    const listed = [...text.matchAll(/^ {2}([a-z]+)\b/gm)].map(([, word]) => word);
    const words = new Set(Object.keys(COMMANDS).map((name) => name.split(" ")[0]));
    expect(listed.toSorted()).toEqual([...words, "help"].toSorted());
  });

  test.each(["code -- --at", "code --format {code} -- -x", "list -q", "help pin set", "--version"])(
    "is none of `fob %s`",
    async (line) => {
      expect(await refusalOf(line)).toBeNull();
    },
  );
});

describe("the words that resemble a misspelt one", () => {
  test.each<[word: string, candidates: readonly string[], similar: readonly string[]]>([
    ["lits", ["list", "lock", "lab"], ["list"]],
    ["--al", ["--all", "--at"], ["--all", "--at"]],
    ["lock", ["unlock", "list"], ["unlock"]],
    ["x", ["y", "z"], []],
    ["a".repeat(100_000), ["list"], []],
  ])("%.20j among %j are %j", (word, candidates, similar) => {
    expect(mostSimilar(word, candidates)).toEqual(similar);
  });
});

test.each([
  ["lits", []],
  ["help lst", []],
  ["pin sett", []],
  ["pin", []],
  ["list --tga work", ["list"]],
  ["pin set --help", ["pin set"]],
])("`fob %s` loads no commands but %j", async (line, expected) => {
  const loaded = new Set<string>();
  const watched = Object.entries(COMMANDS).map(([name, load]) => {
    const watch = () => {
      loaded.add(name);
      return load();
    };
    return [name, watch] as const;
  });
  await parsed(line, Object.fromEntries(watched) as typeof COMMANDS).catch(() => undefined);
  expect([...loaded]).toEqual(expected);
});
