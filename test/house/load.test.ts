import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { expect, test } from "vitest";
import { ROOT } from "./planted-lint.ts";

const SOURCES = join(ROOT, "src");

/**
 * Whether a source asks `process` for something while it is loaded: outside every function. What is
 * known then belongs to whoever starts the program, and a command line that runs in another host
 * must not see it.
 */
function asksProcessAtLoad(source: string): boolean {
  const file = ts.createSourceFile("source.ts", source, ts.ScriptTarget.Latest, true);
  const asks = (node: ts.Node): boolean => {
    if (ts.isFunctionLike(node) || isType(node)) return false;
    if (ts.isPropertyDeclaration(node) && !isStatic(node)) return false;
    if (ts.isImportDeclaration(node)) return /['"](?:node:)?process['"]/.test(node.getText());
    if (ts.isIdentifier(node) && node.text === "process") return !isName(node);
    return ts.forEachChild(node, (child) => asks(child) || undefined) ?? false;
  };
  return asks(file);
}

function isType(node: ts.Node): boolean {
  return ts.isTypeNode(node) || ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node);
}

function isStatic(node: ts.PropertyDeclaration): boolean {
  return node.modifiers?.some(({ kind }) => kind === ts.SyntaxKind.StaticKeyword) ?? false;
}

/** Whether an identifier is the name of a member, and not the global object. */
function isName(node: ts.Identifier): boolean {
  const { parent } = node;
  if (ts.isPropertyAccessExpression(parent))
    return parent.name === node && parent.expression.getText() !== "globalThis";
  return ts.isPropertyAssignment(parent) && parent.name === node;
}

test.each([
  ["const isWindows = process.platform === 'win32';", true],
  ["class A { static home = process.cwd(); }", true],
  ["if (process.argv.length > 2) start();", true],
  ["import { env } from 'node:process';", true],
  ["const columns = globalThis.process.stdout.columns;", true],
  ["function f(platform = process.platform) { return process.env; }", false],
  ["const f = () => process.cwd();", false],
  ["class A { home = process.cwd(); }", false],
  ["const a = { process: 1 }; b(a.process); type C = typeof process;", false],
  ["interface A { readonly process: string }", false],
])("%j: whether it asks process at load is %s", (source, expected) => {
  expect(asksProcessAtLoad(source)).toBe(expected);
});

test("nothing but the entry asks process for anything while it is loaded", () => {
  const files = readdirSync(SOURCES, { recursive: true, encoding: "utf8" })
    .map((file) => file.replaceAll("\\", "/"))
    .filter((file) => file.endsWith(".ts"));
  expect(files.length).toBeGreaterThan(300);
  const wrong = files.filter((file) => {
    const source = readFileSync(join(SOURCES, file), "utf8");
    return source.includes("process") && asksProcessAtLoad(source);
  });
  expect(wrong.filter((file) => !file.startsWith("entry/"))).toEqual([]);
});
