import { describe, expect, test } from "vitest";
import type { ArgumentDefinition, OptionDefinition } from "../../src/cli/command.ts";
import { GLOBAL_OPTIONS } from "../../src/cli/global-options.ts";
import { optionName, parseCommandLine } from "../../src/cli/program.ts";
import { COMMANDS } from "../../src/commands.ts";
import { FobError } from "../../src/fob-error.ts";
import { HOTP_URI, RFC_CODES, testHome } from "./fob.ts";

const VOCABULARY = { version: "0", commands: COMMANDS, alone: () => Promise.reject(new Error("a command is given")) };

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

/** Every command line of a command with one value that is `empty`, and the name of that value. */
async function linesWith(empty: string): Promise<[line: readonly string[], name: string][]> {
  const lines: [readonly string[], string][] = [];
  for (const [name, load] of Object.entries(COMMANDS)) {
    const definition = await load();
    const own = Object.values<ArgumentDefinition>(definition.arguments).filter(({ kind }) => kind !== "rest");
    const filled = own.filter(({ kind }) => kind === "required").map(() => "x");
    const words = name.split(" ");
    for (const [i, argument] of own.entries()) {
      lines.push([[...words, ...own.slice(0, i).map(() => "x"), empty, ...filled.slice(i + 1)], argument.placeholder]);
      if (argument.kind === "variadic") lines.push([[...words, "x", empty], argument.placeholder]);
    }
    for (const [key, option] of Object.entries<OptionDefinition>(definition.options)) {
      if (option.kind === "flag") continue;
      lines.push([[...words, ...filled, optionName(key), empty], optionName(key)]);
      if (option.kind === "values") lines.push([[...words, ...filled, optionName(key), "x", empty], optionName(key)]);
    }
    for (const { name: option, placeholder } of GLOBAL_OPTIONS) {
      if (placeholder !== undefined) lines.push([[...words, ...filled, option, empty], option]);
    }
  }
  return lines;
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
    const env = { FOB_PIN_FILE: "", FOB_PIN: "", FOB_NO_INPUT: "", FOB_AGENT_SOCK: "", FOB_LANG: "", FOB_PLAIN: "" };
    await fob(["enroll", "-"], { input: HOTP_URI, env });
    expect(await fob(["code", "ACME"], { env })).toEqual({ stdout: `${RFC_CODES[0]}\n`, stderr: "", exitCode: 0 });
  });
});
