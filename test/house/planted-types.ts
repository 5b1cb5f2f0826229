import { readFileSync } from "node:fs";
import { join, relative } from "node:path";
import ts from "typescript";
import { ROOT } from "./planted-lint.ts";

/** A new member of a list that the compiler holds. */
export interface Plant {
  /** How errors about it are told from those about the others: its name, which none of them has. */
  readonly name: string;
  /** The file of the list. */
  readonly file: string;
  /** A text that stands in it once. */
  readonly before: string;
  /** What takes the place of that text. */
  readonly after: string;
}

/**
 * The files of src in which TypeScript complains of each plant, by their names. All of them are
 * planted in one program: to check it takes seconds.
 */
export function complainingFiles(plants: readonly Plant[]): ReadonlyMap<string, readonly string[]> {
  const errors = check(overlay(plants));
  return new Map(
    plants.map(({ name }) => {
      const files = errors.filter(({ text }) => text.includes(name)).map(({ file }) => file);
      return [name, [...new Set(files)].sort()];
    }),
  );
}

/** The planted files, by their paths. */
function overlay(plants: readonly Plant[]): ReadonlyMap<string, string> {
  const texts = new Map<string, string>();
  for (const { name, file, before, after } of plants) {
    const path = join(ROOT, file);
    const text = texts.get(path) ?? readFileSync(path, "utf8");
    if (text.split(before).length !== 2)
      throw new Error(`${name}: ${JSON.stringify(before)} does not stand in ${file} once`);
    texts.set(
      path,
      text.replace(before, () => after),
    );
  }
  return texts;
}

interface TypeError {
  readonly file: string;
  readonly text: string;
}

function check(planted: ReadonlyMap<string, string>): readonly TypeError[] {
  const { config } = ts.readConfigFile(join(ROOT, "tsconfig.json"), ts.sys.readFile);
  const { options, fileNames } = ts.parseJsonConfigFileContent(
    { ...config, include: ["src"] },
    ts.sys,
    ROOT,
  );
  const host = ts.createCompilerHost(options);
  const { readFile } = host;
  host.readFile = (path) => planted.get(join(path)) ?? readFile(path);
  const program = ts.createProgram(fileNames, options, host);
  return program.getSemanticDiagnostics().map(({ file, messageText }) => ({
    file: relative(ROOT, file?.fileName ?? "").replaceAll("\\", "/"),
    text: ts.flattenDiagnosticMessageText(messageText, "\n"),
  }));
}
