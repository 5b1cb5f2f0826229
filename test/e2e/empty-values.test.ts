import { describe, expect, test } from "vitest";
import { FobError } from "#base/fob-error.ts";
import type { AnyCommand, ArgumentDefinition, OptionDefinition } from "#cli/command.ts";
import { GLOBAL_OPTIONS } from "#cli/command-line/global-options.ts";
import { optionName } from "#cli/command-line/option-name.ts";
import { parseCommandLine } from "#cli/command-line/parse.ts";
import { COMMANDS } from "#commands/commands.ts";
import { HOTP_URI, RFC_CODES, testHome } from "./fob.ts";

const VOCABULARY = {
  version: "0",
  columns: undefined,
  commands: COMMANDS,
  alone: () => Promise.reject(new Error("a command is given")),
};

/** What a command says of a command line; null when it takes it. */
async function complaint(argv: readonly string[]): Promise<string | null> {
  try {
    await parseCommandLine(argv, VOCABULARY);
    return null;
  } catch (error) {
    if (error instanceof FobError) return `${error.code}: ${error.message}`;
    throw error;
  }
}

/** A command line with one value that is empty, and the name of that value. */
type EmptyLine = readonly [line: readonly string[], name: string];

/** Every command line that has one value which is `empty`. */
async function linesWith(empty: string): Promise<EmptyLine[]> {
  const lines: EmptyLine[] = [];
  for (const [name, load] of Object.entries(COMMANDS))
    lines.push(...linesOf(name.split(" "), await load(), empty));
  return lines;
}

function linesOf(words: readonly string[], definition: AnyCommand, empty: string): EmptyLine[] {
  const own = Object.values<ArgumentDefinition>(definition.arguments).filter(
    ({ kind }) => kind !== "rest",
  );
  const filled = own.filter(({ kind }) => kind === "required" || kind === "asked").map(() => "x");
  const withArgument = own.flatMap(({ kind, placeholder }, i): EmptyLine[] => {
    const line = [...words, ...own.slice(0, i).map(() => "x"), empty, ...filled.slice(i + 1)];
    return [
      [line, placeholder],
      ...(kind === "variadic" ? [[[...words, "x", empty], placeholder] as const] : []),
    ];
  });
  const withOption = Object.entries<OptionDefinition>(definition.options).flatMap(
    ([key, { kind }]): EmptyLine[] => {
      const line = [...words, ...filled, optionName(key)];
      if (kind === "flag") return [];
      return [
        [[...line, empty], optionName(key)],
        ...(kind === "values" ? [[[...line, "x", empty], optionName(key)] as const] : []),
      ];
    },
  );
  const withGlobal = GLOBAL_OPTIONS.filter(({ placeholder }) => placeholder !== undefined);
  return [
    ...withArgument,
    ...withOption,
    ...withGlobal.map(({ name }) => [[...words, ...filled, name, empty], name] as const),
  ];
}

describe("an empty value", () => {
  test.each(["", " ", "\t\n"])(
    "%j is refused by name, of every argument and option of every command",
    async (empty) => {
      const lines = await linesWith(empty);
      expect(lines.length).toBeGreaterThan(300);
      const wrong: string[] = [];
      for (const [line, name] of lines) {
        const said = await complaint(line);
        if (said !== `usage: ${name} is empty`) wrong.push(`${JSON.stringify(line)}: ${said}`);
      }
      expect(wrong).toEqual([]);
    },
  );

  test("of another program is its own matter", async () => {
    expect(await complaint(["run", "--token", "vpn", "--", "echo", ""])).toBeNull();
  });

  test.each([
    [["code", ""]],
    [["code", "ACME", ""]],
    [["push", "approve", ""]],
    [["push", "deny", ""]],
    [["run", "--token", "", "--", "true"]],
    [["run", "--env", "CODE=", "--", "true"]],
    [["enroll", "--qr", ""]],
    [["code", "ACME", "--pin-file", ""]],
    [["list", "--home", ""]],
  ])("ends %j with exit code 2, and uses nothing up", async (line) => {
    const { fob } = testHome();
    await fob(["enroll", "-"], { input: HOTP_URI });
    expect(await fob(line)).toMatchObject({ exitCode: 2, stdout: "" });
    expect((await fob(["code", "ACME"])).stdout).toBe(`${RFC_CODES[0]}\n`);
  });

  test("of a variable says that it is not set", async () => {
    const { fob } = testHome();
    const env = {
      FOB_PIN_FILE: "",
      FOB_PIN: "",
      FOB_NO_INPUT: "",
      FOB_AGENT_SOCK: "",
      FOB_LANG: "",
      FOB_PLAIN: "",
    };
    await fob(["enroll", "-"], { input: HOTP_URI, env });
    expect(await fob(["code", "ACME"], { env })).toEqual({
      stdout: `${RFC_CODES[0]}\n`,
      stderr: "",
      exitCode: 0,
    });
  });
});
