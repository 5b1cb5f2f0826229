import { randomBytes } from "node:crypto";
import { readFileSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { makeFolders } from "#base/make-folders.ts";
import type { LinkOwner } from "#cli/links.ts";
import { planOf, runTool, type Step, writing } from "#platform/program/system-steps.ts";
import { type Registry, type Surroundings, UNDO } from "./registry.ts";
import { type Before, formatRemembered, readRemembered, rememberedPath } from "./remembered.ts";

const HEADER = "Windows Registry Editor Version 5.00";
const CLASSES = "HKEY_CURRENT_USER\\Software\\Classes";

/** The classes of this user in the registry of Windows, by `reg`. */
export function windowsRegistry({ env, program }: Surroundings): Registry {
  const remembered = rememberedPath(env, "win32");
  const file = join(dirname(remembered), "links.reg");
  const importing = (text: string): Step[] => [
    { action: "write", path: file, bytes: asRegFile(text), shown: text },
    { action: "run", tool: [reg(env), "import", file] },
    { action: "remove", path: file },
  ];
  return {
    owners: (schemes) => findOwners(schemes, readRemembered(remembered), { env, program }),
    async planInstallation(schemes) {
      const known = readRemembered(remembered);
      const before = new Map(known);
      for (const scheme of schemes) {
        if (!before.has(scheme)) before.set(scheme, await exportKey(scheme, remembered, env));
      }
      return planOf(
        [
          writing(remembered, formatRemembered(before)),
          ...importing(registration(program, schemes)),
        ],
        env,
        UNDO,
      );
    },
    async planRemoval() {
      const before = readRemembered(remembered);
      if (!before) return null;
      const owners = await findOwners([...before.keys()], before, { env, program });
      const own = owners.filter(({ isFob }) => isFob).map(({ scheme }) => scheme);
      const steps = own.length === 0 ? [] : importing(withdrawal(before, own));
      return planOf([...steps, { action: "remove", path: remembered }], env, UNDO);
    },
  };
}

/** The entries of fob for the links of these schemes. */
export function registration(program: readonly string[], schemes: readonly string[]): string {
  const command = commandLine(program);
  const entries = schemes.map((scheme) =>
    [
      `[${CLASSES}\\${scheme}]`,
      `@=${regString(`URL:${scheme}`)}`,
      `"URL Protocol"=""`,
      "",
      `[${CLASSES}\\${scheme}\\shell\\open\\command]`,
      `@=${regString(command)}`,
    ].join("\n"),
  );
  return `${[HEADER, ...entries].join("\n\n")}\n`;
}

/** Takes the entries of fob out, and puts back what was there before. */
export function withdrawal(before: Before, schemes: readonly string[]): string {
  const entries = schemes.flatMap((scheme) => {
    const former = before.get(scheme) ?? null;
    return [`[-${CLASSES}\\${scheme}]`, ...(former === null ? [] : [withoutHeader(former)])];
  });
  return `${[HEADER, ...entries].join("\n\n")}\n`;
}

/**
 * The command line of the class. The link stands between quotation marks, which a browser escapes
 * in it; behind `--` nothing of it is an option.
 */
function commandLine(program: readonly string[]): string {
  const words = [...program, "link", "open", "--window", "--"];
  return [...words.map((word) => (/[\s"]/.test(word) ? `"${word}"` : word)), '"%1"'].join(" ");
}

function regString(text: string): string {
  return `"${text.replace(/[\\"]/g, "\\$&")}"`;
}

function withoutHeader(exported: string): string {
  return exported
    .replace(/^\ufeff/, "")
    .replaceAll("\r\n", "\n")
    .replace(`${HEADER}\n`, "")
    .trim();
}

/** UTF-16 with a byte order mark and the line ends of Windows, as `reg export` writes it. */
function asRegFile(text: string): Buffer {
  return Buffer.from(`\ufeff${text.replaceAll("\n", "\r\n")}`, "utf16le");
}

/** What the registry has for a scheme, as `reg export` writes it; null for nothing. */
async function exportKey(
  scheme: string,
  remembered: string,
  env: NodeJS.ProcessEnv,
): Promise<string | null> {
  const folder = dirname(remembered);
  makeFolders(folder);
  const file = join(folder, `export-${randomBytes(4).toString("hex")}.reg`);
  try {
    const { exitCode } = await runTool([reg(env), "export", keyOf(scheme), file, "/y"], env);
    return exitCode === 0 ? withoutHeader(readFileSync(file, "utf16le")) : null;
  } finally {
    rmSync(file, { force: true });
  }
}

async function findOwners(
  schemes: readonly string[],
  before: Before | null,
  { env, program }: Pick<Surroundings, "env" | "program">,
): Promise<readonly LinkOwner[]> {
  const own = commandLine(program);
  return Promise.all(
    schemes.map(async (scheme) => {
      const key = `${keyOf(scheme)}\\shell\\open\\command`;
      const { exitCode, output } = await runTool([reg(env), "query", key, "/ve"], env);
      const handler = exitCode === 0 ? valueIn(output) : null;
      const former = before?.get(scheme) ?? null;
      return {
        scheme,
        handler,
        isFob: handler === own,
        before: former === null ? null : commandIn(former),
      };
    }),
  );
}

/** The value in what `reg query` prints: name, type and value, with four spaces between. */
function valueIn(output: string): string | null {
  const line = output.split(/\r?\n/).find((one) => one.includes(" REG_"));
  const [, value = ""] = line?.split(/ REG_[A-Z_]+ {4}/) ?? [];
  return value.trim() || null;
}

/** The command line in an export, or its whole text where there is none. */
function commandIn(exported: string): string {
  const lines = exported.split("\n");
  const start = lines.findIndex((line) => line.toLowerCase().endsWith("\\shell\\open\\command]"));
  const value = lines.slice(start + 1).find((line) => line.startsWith('@="'));
  if (start < 0 || value === undefined) return exported;
  return value.slice(3, -1).replace(/\\(.)/g, "$1");
}

function keyOf(scheme: string): string {
  return `${CLASSES}\\${scheme}`;
}

/** The full path: Windows otherwise searches the current folder first. */
function reg({ SystemRoot }: NodeJS.ProcessEnv): string {
  return SystemRoot ? `${SystemRoot}\\System32\\reg.exe` : "reg.exe";
}
