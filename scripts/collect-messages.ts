import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";

/**
 * The text of `messages/en.json`, as translators copy it: every text for people by its English, and
 * every counted noun.
 */
export interface Messages {
  readonly texts: Readonly<Record<string, TextEntry>>;
  readonly plurals: Readonly<Record<string, PluralEntry>>;
}

interface TextEntry {
  readonly text: string;
  /** What stands at `{1}`, `{2}` ..., as the source calls it. */
  readonly values?: readonly string[];
  readonly files: readonly string[];
}

interface PluralEntry {
  readonly one: string;
  readonly other: string;
  readonly files: readonly string[];
}

/**
 * Properties of declarations that hold a text: of commands, options, settings, examples, formats.
 */
const TEXT_PROPERTIES: readonly string[] = [
  "summary",
  "description",
  "explanation",
  "example",
  "heading",
];

/**
 * Functions that declare an argument or option (src/cli/command.ts), and which of their arguments
 * is its summary.
 */
const DECLARING: Readonly<Record<string, number>> = {
  flag: 0,
  value: 1,
  values: 1,
  optionalValue: 1,
  required: 1,
  asked: 1,
  optional: 1,
  variadic: 1,
  rest: 1,
};

/** Types whose texts are shown later (src/base/language.ts). */
const TEXT_TYPES = /\bTexts?\b/;

/** A key that nobody can translate: it has no word. */
const WORDLESS = /^(?:\{\d+\}|[^\p{L}])*$/u;

/** The file that says what a text is: what is tagged in it is about texts. */
const LANGUAGE = "src/base/language.ts";

/** Everything that people read in the sources of the project in this folder. */
export function collectFromProject(root: string): Messages {
  const paths = readdirSync(join(root, "src"), { recursive: true, encoding: "utf8" })
    .map((path) => `src/${path.replaceAll("\\", "/")}`)
    .filter((path) => path.endsWith(".ts") && path !== LANGUAGE);
  return collectMessages(
    new Map(paths.map((path) => [path, readFileSync(join(root, path), "utf8")])),
  );
}

/**
 * Everything in these sources that people read: what is tagged with `t`, declared, or counted.
 * Throws Error, with file and line, for a text that could not be looked up in another language.
 */
export function collectMessages(sources: ReadonlyMap<string, string>): Messages {
  const collection = new Collection();
  for (const [path, text] of sources) {
    const source = ts.createSourceFile(path, text, ts.ScriptTarget.ESNext, true);
    collection.visit(source);
  }
  return collection.messages();
}

class Collection {
  readonly #texts = new Map<
    string,
    { readonly values: readonly string[]; readonly files: Set<string> }
  >();
  readonly #plurals = new Map<string, { readonly other: string; readonly files: Set<string> }>();

  messages(): Messages {
    const byKey = <T>([one]: readonly [string, T], [other]: readonly [string, T]) =>
      one < other ? -1 : 1;
    const texts = [...this.#texts].sort(byKey).map(([key, { values, files }]) => {
      return [
        key,
        { text: key, ...(values.length > 0 ? { values } : {}), files: [...files].sort() },
      ] as const;
    });
    const plurals = [...this.#plurals].sort(byKey).map(([noun, { other, files }]) => {
      return [
        noun,
        { one: `{1} ${noun}`, other: `{1} ${other}`, files: [...files].sort() },
      ] as const;
    });
    return { texts: Object.fromEntries(texts), plurals: Object.fromEntries(plurals) };
  }

  visit(node: ts.Node): void {
    if (ts.isTaggedTemplateExpression(node)) this.#noteTagged(node);
    else if (ts.isCallExpression(node)) this.#noteCall(node);
    else if (ts.isNewExpression(node)) refuseUntagged(node);
    else if (ts.isPropertyAssignment(node) && TEXT_PROPERTIES.includes(node.name.getText())) {
      this.#noteAll(node.initializer);
    } else if (isOfTextType(node)) this.#noteAll(node.initializer);
    ts.forEachChild(node, (child) => this.visit(child));
  }

  #noteTagged({ tag, template }: ts.TaggedTemplateExpression): void {
    if (tag.getText() === "t") refuseOutsideFunctions(tag);
    else if (tag.getText() !== "declared") return;
    if (ts.isTemplateExpression(template)) this.#notePattern(template);
    else this.#note(template.text, [], template);
  }

  #notePattern({ head, templateSpans: spans }: ts.TemplateExpression): void {
    const key = spans.reduce(
      (text, { literal }, i) => `${text}{${i + 1}}${literal.text}`,
      head.text,
    );
    const values = spans.map(({ expression }) => nameOf(expression));
    this.#note(key, values, head);
  }

  #noteCall(node: ts.CallExpression): void {
    const name = node.expression.getText();
    if (name === "t") this.#noteText(node);
    else if (name === "plural") this.#notePlural(node);
    else if (Object.hasOwn(DECLARING, name) && isOfCommand(node))
      this.#noteAll(node.arguments[DECLARING[name] ?? 0]);
  }

  #noteText(node: ts.CallExpression): void {
    refuseOutsideFunctions(node);
    const text = node.arguments[0] ? sumOf(node.arguments[0]) : null;
    if (text === null)
      throw new Error(`${placeOf(node)}: t() is for literals; translated() is for constants`);
    this.#note(text, [], node);
  }

  #notePlural(node: ts.CallExpression): void {
    const [noun, many] = node.arguments.slice(1).map(sumOf);
    if (typeof noun !== "string")
      throw new Error(`${placeOf(node)}: the noun of plural() is a literal`);
    this.#plurals.set(noun, {
      other: many ?? `${noun}s`,
      files: filesWith(this.#plurals.get(noun)?.files, node),
    });
  }

  /** All texts of an expression: of a sum the whole, of a list or an object each. */
  #noteAll(node: ts.Node | undefined): void {
    if (!node) return;
    const text = sumOf(node);
    if (text !== null) this.#note(text, [], node);
    else if (ts.isTemplateExpression(node))
      throw new Error(`${placeOf(node)}: a text with values in it is tagged with declared`);
    else if (ts.isTaggedTemplateExpression(node)) this.#noteTagged(node);
    else if (ts.isPropertyAssignment(node)) this.#noteAll(node.initializer);
    else if (ts.isConditionalExpression(node))
      for (const one of [node.whenTrue, node.whenFalse]) this.#noteAll(one);
    else if (!ts.isFunctionLike(node)) ts.forEachChild(node, (child) => this.#noteAll(child));
  }

  #note(key: string, values: readonly string[], node: ts.Node): void {
    if (WORDLESS.test(key)) return;
    const known = this.#texts.get(key);
    this.#texts.set(key, { values: known?.values ?? values, files: filesWith(known?.files, node) });
  }
}

function filesWith(files: Set<string> | undefined, node: ts.Node): Set<string> {
  return (files ?? new Set<string>()).add(node.getSourceFile().fileName);
}

/**
 * The message of an error is tagged, or comes from elsewhere. One word is for programs:
 * `interrupted`.
 */
function refuseUntagged({ expression, arguments: given }: ts.NewExpression): void {
  const message = given?.[1];
  if (!/^(?:Fob|Otp)Error$/.test(expression.getText()) || !message) return;
  const isSentence =
    ts.isTemplateExpression(message) ||
    (ts.isStringLiteralLike(message) && message.text.includes(" "));
  if (isSentence)
    throw new Error(`${placeOf(message)}: people read this in English alone: tag it with t`);
}

/** Other rooms may have functions of the same names. */
function isOfCommand(node: ts.Node): boolean {
  return node.getSourceFile().fileName.startsWith("src/commands/");
}

function isOfTextType(node: ts.Node): node is ts.VariableDeclaration {
  return (
    ts.isVariableDeclaration(node) &&
    node.type !== undefined &&
    TEXT_TYPES.test(node.type.getText())
  );
}

/** The text of a literal, or of several that are added; null for anything else. */
function sumOf(node: ts.Node): string | null {
  if (ts.isStringLiteralLike(node)) return node.text;
  if (!ts.isBinaryExpression(node) || node.operatorToken.kind !== ts.SyntaxKind.PlusToken)
    return null;
  const [left, right] = [sumOf(node.left), sumOf(node.right)];
  return left === null || right === null ? null : left + right;
}

/**
 * What a value is called: `token.name`, `printable(name)`, `name.slice(0, 40)` and `name + 1` are
 * all `name`.
 */
function nameOf(node: ts.Node | undefined): string {
  if (!node) return "text";
  if (ts.isIdentifier(node)) return node.text;
  if (ts.isPropertyAccessExpression(node))
    return node.name.text === "length" ? nameOf(node.expression) : node.name.text;
  if (ts.isCallExpression(node)) return nameOf(isMethodOfValue(node.expression) ?? subjectOf(node));
  if (ts.isBinaryExpression(node)) return nameOf(node.left);
  if (ts.isPrefixUnaryExpression(node)) return nameOf(node.operand);
  if (ts.isElementAccessExpression(node)) return nameOf(node.expression);
  return "text";
}

/**
 * What a method is called on; null for a function, and for one that lies in a namespace
 * (`JSON.stringify`).
 */
function isMethodOfValue(callee: ts.Expression): ts.Expression | null {
  if (!ts.isPropertyAccessExpression(callee)) return null;
  return /^(?:JSON|Math|Object|String|style)$/.test(callee.expression.getText())
    ? null
    : callee.expression;
}

/**
 * What a call is about: the noun of a plural, else its first argument, or itself where it has none.
 */
function subjectOf({
  expression,
  arguments: [first, second],
}: ts.CallExpression): ts.Node | undefined {
  if (expression.getText() === "plural")
    return second && ts.factory.createIdentifier((second as ts.StringLiteral).text);
  return first ?? expression;
}

/** A text outside of all functions is made before anybody has said which language is wanted. */
function refuseOutsideFunctions(node: ts.Node): void {
  for (let outer = node.parent; outer; outer = outer.parent) if (ts.isFunctionLike(outer)) return;
  throw new Error(`${placeOf(node)}: no language is known yet: declare it as a Text`);
}

function placeOf(node: ts.Node): string {
  const source = node.getSourceFile();
  return `${source.fileName}:${source.getLineAndCharacterOfPosition(node.getStart()).line + 1}`;
}
