import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { beforeAll, expect, test } from "vitest";
import { SETTING_KEYS } from "#cli/settings/setting-definitions.ts";
import { allCommands } from "#commands/commands.ts";
import { CommandLines } from "../command-lines.ts";

/** Folders whose texts are about other programs' options. */
const OTHERS = ["src/platform/", "src/lab/page/"];

/** Options of other programs in examples and hints. */
const OF_OTHER_PROGRAMS = ["--otp", "--decrypt"];

/** A text of the program, with `{}` for what stands in it. */
interface ProgramText {
  readonly file: string;
  readonly text: string;
}

let commands: CommandLines;
let texts: readonly ProgramText[];

beforeAll(async () => {
  commands = new CommandLines(await allCommands());
  const paths = readdirSync("src", { recursive: true, encoding: "utf8" })
    .map((path) => join("src", path).replaceAll("\\", "/"))
    // what an agent and its client sign is no text for people
    .filter((path) => path.endsWith(".ts") && path !== "src/agent/protocol/proof.ts");
  texts = paths.flatMap((file) =>
    textsOf(readFileSync(file, "utf8")).map((text) => ({ file, text })),
  );
});

function textsOf(source: string): string[] {
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isStringLiteral(node) || ts.isNoSubstitutionTemplateLiteral(node)) found.push(node.text);
    else if (ts.isTemplateExpression(node))
      found.push(
        node.templateSpans.reduce(
          (text, { literal }) => `${text}{}${literal.text}`,
          node.head.text,
        ),
      );
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile("text.ts", source, ts.ScriptTarget.ESNext, true));
  return found;
}

test("every command line that a text of the program names exists, with its options", () => {
  const lines = texts.flatMap(({ file, text }) =>
    commands.named(text).map((line) => ({ file, fault: commands.faultOf(line) })),
  );
  expect(lines.length).toBeGreaterThan(100);
  expect(lines.filter(({ fault }) => fault !== null)).toEqual([]);
});

test("every option that a text of the program names belongs to a command", () => {
  const known = new Set([...commands.options, ...OF_OTHER_PROGRAMS]);
  const wrong = texts
    .filter(({ file, text }) => text.includes(" ") && !OTHERS.some((one) => file.startsWith(one)))
    .flatMap(({ file, text }) =>
      (text.match(/(?<![\w-])--[a-z][a-z-]+/g) ?? [])
        .filter((option) => !known.has(option))
        .map((option) => `${file}: ${option}`),
    );
  expect(wrong).toEqual([]);
});

test("every setting that a text of the program sets exists", () => {
  const named = texts.flatMap(({ text }) =>
    [...text.matchAll(/fob config (?:set|unset|get) ([a-z.-]+)/g)].map(([, key]) => key),
  );
  expect(named.length).toBeGreaterThan(1);
  expect(named.filter((key) => !(SETTING_KEYS as readonly unknown[]).includes(key))).toEqual([]);
});

test("a text that names what does not exist is found", () => {
  for (const line of ["push aprove", "push", "code --fourth", "nothing", "pin set --yes"])
    expect([line, commands.faultOf(line) !== null]).toEqual([line, line !== "push"]);
  expect(commands.named("`fob nothing` does; fob code --at T, and fob opens")).toEqual([
    "nothing",
    "code --at T",
  ]);
});

/**
 * What stands behind a command in a text and needs no quotation marks: no name of a token, no file.
 */
const PLAIN_WORDS: Readonly<Record<string, readonly string[]>> = {
  "src/cli/settings/settings.ts": ["key"],
  "src/push/tiqr/tiqr-schemes.ts": ["scheme"],
  "src/commands/machine/keychain-move.ts": ["kind"],
  // of users of the lab, which are letters, digits, dots, dashes, _ and @
  "src/commands/lab/lab-opening.ts": ["name"],
  "src/commands/lab/lab-push.ts": ["user"],
  "src/commands/push/push-requests.ts": ["id"],
  "src/commands/push/push-event-view.ts": ["request.id"],
};

test("what is to be typed into a shell is quoted for it: a name may be $(anything)", () => {
  const unquoted: string[] = [];
  const visit = (file: string, source: ts.SourceFile, node: ts.Node): void => {
    if (ts.isTemplateExpression(node)) {
      let before = node.head.text;
      for (const { expression, literal } of node.templateSpans) {
        const code = expression.getText(source);
        const isSafe =
          /^(?:shellWord|quoteForShell)\(/.test(code) || PLAIN_WORDS[file]?.includes(code);
        if (/\bfob(?: [a-z-]+){1,3} $/.test(before) && !isSafe && isCommand(before))
          unquoted.push(`${file}: ${before}\${${code}}`);
        before = literal.text;
      }
    }
    ts.forEachChild(node, (child) => visit(file, source, child));
  };
  for (const file of new Set(texts.map((one) => one.file))) {
    const source = ts.createSourceFile(
      file,
      readFileSync(file, "utf8"),
      ts.ScriptTarget.ESNext,
      true,
    );
    visit(file, source, source);
  }
  expect(unquoted).toEqual([]);
});

/** Whether a text ends with a command of fob, and its options. */
function isCommand(text: string): boolean {
  const [, first = "", second = ""] = /\bfob ([a-z]+)(?: ([a-z-]+))?[a-z -]* $/.exec(text) ?? [];
  return commands.has(first) || commands.has(`${first} ${second}`);
}
