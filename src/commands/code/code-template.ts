import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { ownValue } from "#base/own-value.ts";
import { printable } from "#token/printable.ts";

/** What a field can hold; null is shown as nothing. */
export type FieldValue = string | number | bigint | Date | null;

/** Something that a template can show by its name; undefined is shown as nothing. */
interface TemplateField<Subject> {
  readonly name: string;
  of(subject: Subject): FieldValue | undefined;
}

const ESCAPES: Readonly<Record<string, string>> = {
  "\\n": "\n",
  "\\t": "\t",
  "\\\\": "\\",
  "{{": "{",
  "}}": "}",
};

/** An escape, a field, or what begins like one of them and is neither. */
const PARTS = /\\.?|\{\{|\}\}|\{[^{}]*\}|[{}]/gsu;

/**
 * Reads a template: `{NAME}` for each field, `\n`, `\t` and `\\`, `{{` and `}}` for braces. Returns
 * the function that puts the values in. Throws FobError `usage`, naming the fields where one is
 * unknown.
 */
export function parseTemplate<Subject>(
  text: string,
  fields: readonly TemplateField<Subject>[],
): (subject: Subject) => string {
  const parts: (string | TemplateField<Subject>)[] = [];
  let end = 0;
  for (const { 0: part, index } of text.matchAll(PARTS)) {
    parts.push(text.slice(end, index), ownValue(ESCAPES, part) ?? findField(part, fields));
    end = index + part.length;
  }
  parts.push(text.slice(end));
  return (subject) =>
    parts.map((part) => (typeof part === "string" ? part : show(part.of(subject)))).join("");
}

function findField<Subject>(
  part: string,
  fields: readonly TemplateField<Subject>[],
): TemplateField<Subject> {
  const name = part.slice(1, -1).trim();
  const field = fields.find((known) => part.startsWith("{") && known.name === name);
  if (field !== undefined) return field;
  if (part.length > 1 && part.startsWith("{"))
    throw new FobError("usage", t`--format has ${part}, which is no field`, {
      hint: t`${fields.map((known) => `{${known.name}}`).join(" ")} are fields`,
    });
  throw new FobError("usage", t`--format has ${part}, which is neither a field nor an escape`, {
    hint: t("\\n, \\t and \\\\ are escapes, {{ and }} are braces"),
  });
}

function show(value: FieldValue | undefined): string {
  if (value === null || value === undefined) return "";
  return printable(value instanceof Date ? value.toISOString() : String(value));
}
