import { describe, expect, test } from "vitest";
import { GLOBAL_OPTIONS, HELP_OPTION, VERSION_OPTION } from "#cli/command-line/global-options.ts";
import { optionName } from "#cli/command-line/option-name.ts";
import { allCommands, COMMANDS } from "#commands/commands.ts";
import { testHome } from "./fob.ts";

const commands = await allCommands();

describe("the definitions of commands", () => {
  test("are found by their names", () => {
    expect(commands.map(({ name }) => name)).toEqual(Object.keys(COMMANDS));
  });

  test.each(commands.map((command) => [command.name, command] as const))(
    "%s says what everything is, with an example that it understands",
    (_, command) => {
      const known = [
        ...Object.keys(command.options).map(optionName),
        "--json",
        "--quiet",
        "--pin-file",
        "--pin-fd",
      ];
      for (const { command: line, explanation } of command.examples) {
        expect(line).toContain(`fob ${command.name}`);
        expect(explanation).not.toBe("");
        const own = line.split(/\|| -- /).find((part) => part.includes("fob ")) ?? "";
        for (const option of own.match(/ --[a-z-]+/g) ?? []) expect(known).toContain(option.trim());
      }
      const definitions = [
        ...Object.values(command.arguments),
        ...Object.values(command.options),
      ] as {
        summary: string;
      }[];
      for (const { summary } of definitions)
        expect(summary).toMatch(/^(?:[a-z0-9-]|[A-Z0-9]{2,}).*(?:[^.]|\.\.\.)$/);
    },
  );
});

describe("the options of commands", () => {
  const globals = [...GLOBAL_OPTIONS, VERSION_OPTION, HELP_OPTION].map(({ name }) => name);

  test.each(commands.map((command) => [command.name, command] as const))(
    "%s has none of a global name",
    (_, command) => {
      // `--no-input` is `--input` with a no, for commander
      const taken = globals.flatMap((name) => [name, name.replace("--no-", "--")]);
      const own = Object.keys(command.options).map(optionName);
      expect(own.filter((name) => taken.includes(name as `--${string}`))).toEqual([]);
      for (const [key, { now }] of Object.entries(command.formerOptions ?? {})) {
        expect(globals).toContain(optionName(key));
        expect(own).toContain(optionName(now));
      }
    },
  );
});

describe("help", () => {
  test.each([["code"], ["pin set"], ["lab user add"]])(
    "of `fob help %s` is what `fob %s --help` says",
    async (name) => {
      const { fob } = testHome();
      const words = name.split(" ");
      const [help, same] = [await fob(["help", ...words]), await fob([...words, "--help"])];
      expect(help).toMatchObject({ stdout: same.stdout, stderr: "", exitCode: 0 });
    },
  );

  test.each(commands.map(({ name }) => name))(
    "of `fob %s` goes to standard output and carries an example",
    async (name) => {
      const { fob } = testHome();
      const { stdout, stderr, exitCode } = await fob([...name.split(" "), "--help"]);
      expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 });
      expect(stdout).toMatch(
        new RegExp(`Usage: fob ${name}.*Examples?:\n {2}\\$ .*fob ${name}`, "s"),
      );
      expect(stdout).toContain("--home <DIR>");
    },
  );

  test("of fob lists every command, and `help COMMAND` is the same as `COMMAND --help`", async () => {
    const { fob } = testHome();
    const { stdout } = await fob(["--help"]);
    for (const { name } of commands)
      expect(stdout).toMatch(new RegExp(`^ {2}${name.split(" ")[0]} `, "m"));
    expect((await fob(["help", "code"])).stdout).toBe((await fob(["code", "--help"])).stdout);
    expect((await fob(["pin", "--help"])).stdout).toMatch(/set.*change.*remove.*status.*Example/s);
  });

  test("of a command that there is not says so, and which one may be meant", async () => {
    const { fob } = testHome();
    expect(await fob(["help", "lst"])).toEqual({
      stdout: "",
      stderr: "fob: unknown command 'lst'\nhint: did you mean list?\n",
      exitCode: 2,
    });
    expect(await fob(["help", "list", "x"])).toMatchObject({
      stdout: expect.stringMatching(/^Usage: fob list/),
    });
  });

  test("appears after a usage error only as a hint", async () => {
    const { fob } = testHome();
    expect(await fob([])).toMatchObject({
      exitCode: 2,
      stdout: "",
      stderr: "fob: a command is missing\nhint: fob --help lists the commands\n",
    });
    expect(await fob(["show"])).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/^fob: missing required argument 'NAME'\nhint: /),
    });
    expect(await fob(["pin"])).toMatchObject({
      exitCode: 2,
      stderr:
        "fob: a command is missing\nhint: fob pin set, fob pin change, fob pin remove, fob pin status\n",
    });
    expect(await fob(["list", "--keychain", "cloud"])).toMatchObject({ exitCode: 2 });
  });

  test("and version answer at once", async () => {
    const { fob } = testHome();
    expect((await fob(["--version"])).stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
    expect((await fob(["-V"])).stdout).toBe((await fob(["--version"])).stdout);
  });
});
