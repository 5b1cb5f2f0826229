import { describe, expect, test } from "vitest";
import { FobError } from "#base/fob-error.ts";
import { parseCommandLine } from "#cli/command-line/parse.ts";
import { mostSimilar } from "#cli/command-line/suggestion.ts";
import { COMMANDS } from "#commands/commands.ts";
import { welcome } from "#commands/tokens/welcome.ts";

const USUAL = "fob --help shows how it is used";

/** What a command line is refused with; null where it is understood. */
async function refusalOf(line: string): Promise<FobError | null> {
  const argv = line.split(" ").filter(Boolean);
  try {
    await parseCommandLine(argv, {
      version: "0",
      columns: undefined,
      commands: COMMANDS,
      alone: async () => welcome,
    });
    return null;
  } catch (error) {
    if (error instanceof FobError) return error;
    throw error;
  }
}

describe("a command line that is not understood", () => {
  test.each<[line: string, message: string, hint: string]>([
    ["lits", "unknown command 'lits'", "did you mean list?"],
    ["xyzzy", "unknown command 'xyzzy'", USUAL],
    ["help lst", "unknown command 'lst'", "did you mean list?"],
    ["pin sett", "unknown command 'sett'", "did you mean set?"],
    ["lab user ad", "unknown command 'ad'", "did you mean add?"],
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
    ["code vpn --all --frobnicate --at +1s", "unknown option '--frobnicate'", USUAL],
    ["code --format {code} -x", "unknown option '-x'", USUAL],
    ["--quite code vpn", "unknown option '--quite'", "did you mean --quiet?"],
    ["pin --foo", "unknown option '--foo'", USUAL],
    ["provision --quie totp", "unknown option '--quie'", "did you mean --quiet?"],
    ["provision --quieet totp", "unknown option '--quieet'", "did you mean --quiet?"],
    ["show", "missing required argument 'NAME'", USUAL],
    ["rename vpn", "missing required argument 'NEW'", USUAL],
    ["show a b", "too many arguments for 'show'. Expected 1 argument but got 2", USUAL],
    ["rename a b c d", "too many arguments for 'rename'. Expected 2 arguments but got 4", USUAL],
    ["lock x", "too many arguments for 'lock'. Expected 0 arguments but got 1", USUAL],
    ["code vpn --at", "option '--at <TIME>' argument missing", USUAL],
    ["list --home", "option '--home <DIR>' argument missing", USUAL],
  ])("`fob %s` is refused with %j and the hint %j", async (line, message, hint) => {
    expect(await refusalOf(line)).toMatchObject({ code: "usage", message, hint });
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
