import { readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Tokens, walkTokens } from "marked";
import { expect, test } from "vitest";
import { parseCommandLine } from "#cli/command-line/parse.ts";
import { SETTING_KEYS } from "#cli/settings/setting-definitions.ts";
import { allCommands, COMMANDS } from "#commands/commands.ts";
import { welcome } from "#commands/tokens/welcome.ts";
import { codeOf, readPage, type SourcePage } from "../../scripts/site/page.ts";
import { CommandLines } from "../command-lines.ts";
import { markdownFiles } from "./pages.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
/** What was true of earlier versions stays as it was written. */
const HISTORY = "CHANGELOG.md";
/** Options of other programs that pages name alone. */
const OF_OTHER_PROGRAMS = [
  "--device",
  "--group-add",
  "--install-links",
  "--only",
  "--otp",
  "--prefix",
  "--raw",
  "--use-system-ca",
];

const PAGES = markdownFiles()
  .filter((path) => path !== HISTORY)
  .map((path) => ({ path, page: readPage(path, readFileSync(join(ROOT, path), "utf8")) }));

const commands = new CommandLines(await allCommands());

/** The command lines of fob that code in a page shows: a whole span, or a line of a block. */
function shown(code: string): string[] {
  return code
    .split("\n")
    .flatMap(
      (line) =>
        /^(?:\$ |\$\w+ = )?fob (?<rest>[^#|;&<>]+)/.exec(line.trim())?.groups?.["rest"] ?? [],
    )
    .map((line) => line.trim());
}

test("every command line that a page shows exists, with its options", () => {
  const lines = PAGES.flatMap(({ path, page }) =>
    codeOf(page)
      .flatMap(shown)
      .map((line) => ({ path, fault: commands.faultOf(line) })),
  );
  expect(lines.length).toBeGreaterThan(200);
  expect(lines.filter(({ fault }) => fault !== null)).toEqual([]);
});

/** The words of a line as a shell takes it, up to a comment, a redirection or another program. */
function wordsOf(line: string): string[] {
  const words: string[] = [];
  for (const [word] of line.matchAll(/"[^"]*"|'[^']*'|[^\s"']+/g)) {
    if (/^(?:#|[0-9]?[|;&<>])/.test(word)) break;
    words.push(word.replace(/^["']|["']$/g, ""));
  }
  return words;
}

/** The blocks of code that a page has. */
function blocksOf({ tokens }: SourcePage): string[] {
  const blocks: string[] = [];
  walkTokens([...tokens], (token) => {
    if (token.type === "code") blocks.push(token["text"]);
  });
  return blocks;
}

/** Why the program refuses a line that a page shows; null when it takes it. */
async function refusalOf(line: string): Promise<string | null> {
  const vocabulary = {
    version: "0",
    columns: 80,
    commands: COMMANDS,
    alone: async () => welcome,
  };
  try {
    await parseCommandLine(wordsOf(line.replace(/^(?:\$ )?fob /, "")), vocabulary);
    return null;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

test("the program takes every command line of a block, with its arguments and values", async () => {
  const lines = PAGES.flatMap(({ path, page }) =>
    blocksOf(page)
      .flatMap((code) => code.replaceAll("\\\n", " ").split("\n"))
      .filter((line) => /^(?:\$ )?fob [^$(]+$/.test(line) && !/\.\.\.|\[|COMMAND/.test(line))
      .map((line) => ({ path, line })),
  );
  expect(lines.length).toBeGreaterThan(100);
  const refused = [];
  for (const { path, line } of lines) {
    const refusal = await refusalOf(line);
    if (refusal !== null) refused.push({ path, line, refusal });
  }
  expect(refused).toEqual([]);
});

test("a command line that the program refuses is found", async () => {
  expect(await refusalOf("fob config get")).not.toBeNull();
  expect(await refusalOf("fob show vpn mail")).not.toBeNull();
  expect(await refusalOf('fob code "my vpn" # the passcode')).toBeNull();
});

test("every option that a page names alone belongs to a command of fob", () => {
  const known = new Set([...commands.options, ...OF_OTHER_PROGRAMS]);
  const wrong = PAGES.flatMap(({ path, page }) =>
    codeOf(page)
      .flatMap(
        (code) => /^(?<option>--[a-z][a-z-]+)(?:[ =].*)?$/.exec(code)?.groups?.["option"] ?? [],
      )
      .filter((option) => !known.has(option))
      .map((option) => `${path}: ${option}`),
  );
  expect(wrong).toEqual([]);
});

test("the table of what an agent and a grant can do has every command", () => {
  const page = PAGES.find(({ path }) => path === "docs/scripts.md")?.page;
  const table = page?.tokens.find(
    (token): token is Tokens.Table =>
      token.type === "table" && /\ba grant\b/.test(token.raw) && /^\| commands/.test(token.raw),
  );
  const named = [...(table?.raw ?? "").matchAll(/`([^`]+)`/g)].map(([, name = ""]) => name);
  const isNamed = (command: string) =>
    named.some(
      (name) =>
        name === command || name.startsWith(`${command} `) || command.startsWith(`${name} `),
    );
  expect(Object.keys(COMMANDS).filter((command) => !isNamed(command))).toEqual([]);
});

test("every setting that a page sets exists", () => {
  const keys = PAGES.flatMap(({ page }) =>
    codeOf(page).flatMap((code) =>
      [...code.matchAll(/fob config (?:set|unset|get) ([a-z.-]+)/g)].map(([, key]) => key),
    ),
  );
  expect(keys.length).toBeGreaterThan(3);
  expect(keys.filter((key) => !(SETTING_KEYS as readonly unknown[]).includes(key))).toEqual([]);
});

test("a command line that does not exist is found", () => {
  expect(shown("$ fob code vpn --fifth | tail -1")).toEqual(["code vpn --fifth"]);
  expect(commands.faultOf("code vpn --fifth")).toContain("--fifth");
});
