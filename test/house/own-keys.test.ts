import { fileURLToPath } from "node:url";
import ts from "typescript";
import { describe, expect, test } from "vitest";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/**
 * Where a text that could be anybody's is looked up among the keys of an object, inherited ones
 * included: `file:line`.
 */
function inheritedLookups(program: ts.Program): string[] {
  const checker = program.getTypeChecker();
  const found: string[] = [];
  for (const source of program.getSourceFiles()) {
    if (!source.fileName.startsWith(`${ROOT}src/`)) continue;
    const visit = (node: ts.Node): void => {
      if (isLookup(node, checker)) {
        const { line } = source.getLineAndCharacterOfPosition(node.getStart());
        found.push(`${source.fileName.slice(ROOT.length)}:${line + 1}: ${node.getText()}`);
      }
      ts.forEachChild(node, visit);
    };
    visit(source);
  }
  return found;
}

function isLookup(node: ts.Node, checker: ts.TypeChecker): boolean {
  if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.InKeyword) {
    return !ts.isPrivateIdentifier(node.left) && isAnyText(node.left, checker);
  }
  if (
    !ts.isElementAccessExpression(node) ||
    isWritten(node) ||
    isEnvironment(node.expression, checker)
  )
    return false;
  return isAnyText(node.argumentExpression, checker) && !isOwnGuarded(node);
}

/** A text of which the compiler knows only that it is one. */
function isAnyText(expression: ts.Expression, checker: ts.TypeChecker): boolean {
  return (
    (checker.getTypeAtLocation(expression).flags & (ts.TypeFlags.String | ts.TypeFlags.Any)) !== 0
  );
}

/** Which variables are read stands in our own code. */
function isEnvironment(expression: ts.Expression, checker: ts.TypeChecker): boolean {
  return checker.getTypeAtLocation(expression).symbol?.name === "ProcessEnv";
}

/** `Object.hasOwn(TABLE, name) ? TABLE[name] : ...`, and what begins like it. */
function isOwnGuarded(node: ts.ElementAccessExpression): boolean {
  for (let at: ts.Node = node; at.parent; at = at.parent) {
    const question = ts.isConditionalExpression(at.parent) ? at.parent.condition : null;
    const asked = `Object.hasOwn(${node.expression.getText()}, ${node.argumentExpression.getText()})`;
    if (question?.getText().includes(asked)) return true;
  }
  return false;
}

function isWritten(node: ts.Expression): boolean {
  const { parent } = node;
  return (
    ts.isBinaryExpression(parent) &&
    parent.left === node &&
    parent.operatorToken.kind === ts.SyntaxKind.EqualsToken
  );
}

describe("a table knows its own keys alone", () => {
  test("nothing is looked up by a text that could be “constructor”", { timeout: 120_000 }, () => {
    const { config } = ts.readConfigFile(`${ROOT}tsconfig.json`, ts.sys.readFile);
    const { fileNames, options } = ts.parseJsonConfigFileContent(config, ts.sys, ROOT);
    const sources = fileNames.filter((name) => name.startsWith(`${ROOT}src/`));
    expect(inheritedLookups(ts.createProgram(sources, { ...options, noEmit: true }))).toEqual([]);
  });
});
