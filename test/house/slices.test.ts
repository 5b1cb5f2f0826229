import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { type AnyCommand, defineCommand } from "#cli/command.ts";
import type { Context } from "#cli/context.ts";

const COMMANDS = fileURLToPath(new URL("../../src/commands", import.meta.url));

/** The folders of commands and their helpers, and `.` for what several folders use. */
const FAMILIES = [
  ".",
  ...readdirSync(COMMANDS, { withFileTypes: true }).flatMap((entry) =>
    entry.isDirectory() ? [entry.name] : [],
  ),
];

/** A program without imports, in which the whole context is a type of something. */
function usesWholeContext(source: string): boolean {
  const code = source
    .replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "")
    .replace(/import [\s\S]*?;/g, "")
    .replace(/Pick<\s*(?:House)?Context\s*,/g, "");
  return /\b(?:House)?Context\b/.test(code);
}

test.each([
  ["async run(_, context: Context) {}", true],
  ["async run(_, { tell }: HouseContext) {}", true],
  ['import type { Context } from "x"; type A = Pick<\n  Context,\n  "tell">; // Context', false],
])("%j: whether the whole context is used is %s", (source, expected) => {
  expect(usesWholeContext(source)).toBe(expected);
});

test.each(FAMILIES)("no file of %s takes the whole context", (family) => {
  const files = readdirSync(join(COMMANDS, family)).filter((file) => file.endsWith(".ts"));
  expect(files.length).toBeGreaterThan(0);
  const read = (file: string) => readFileSync(join(COMMANDS, family, file), "utf8");
  const wrong = files.filter((file) => usesWholeContext(read(file)));
  expect(wrong).toEqual([]);
});

test("what a command does not name is not there for it: the compiler alone holds this", () => {
  const about = {
    summary: "",
    arguments: {},
    options: {},
    examples: [{ command: "fob", explanation: "" }],
    text: () => "",
    json: () => null,
  } as const;
  const named = defineCommand({
    ...about,
    name: "named",
    run: async (_, { tell }: Pick<Context, "tell">) => tell("named"),
  });
  const unnamed = defineCommand({
    ...about,
    name: "unnamed",
    // @ts-expect-error: it names no part of the context
    run: async (_, { tell }) => tell("unnamed"),
  });
  const greedy = defineCommand({
    ...about,
    name: "greedy",
    run: async (_, { more }: Context & { readonly more: string }) => more,
  });
  const commands: AnyCommand[] = [
    named,
    unnamed,
    // @ts-expect-error: it takes more than there is
    greedy,
  ];
  expect(commands.map(({ name }) => name)).toEqual(["named", "unnamed", "greedy"]);
});
