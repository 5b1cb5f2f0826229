import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { ownValue } from "#base/own-value.ts";
import { printable } from "#token/printable.ts";

const FIELDS = [
  "name",
  "code",
  "issuer",
  "account",
  "kind",
  "validFrom",
  "validUntil",
  "secondsLeft",
  "counter",
] as const;

type Field = (typeof FIELDS)[number];

/** What a template can show; null or absent is shown as nothing. */
export type FieldValues = { readonly [F in Field]?: string | number | bigint | Date | null };

/** A text that a passcode's fields are put into. */
export type Template = (values: FieldValues) => string;

const ESCAPES: Readonly<Record<string, string>> = {
  "\\n": "\n",
  "\\t": "\t",
  "\\\\": "\\",
  "{{": "{",
  "}}": "}",
};

/** An escape, a field, or whatever else begins like one of them and is none. */
const PARTS = /\\.?|\{\{|\}\}|\{[^{}]*\}|[{}]/gsu;

/**
 * Understands a template: `{code}` and the other fields, `\n`, `\t` and `\\`, `{{` and `}}` for
 * braces. Throws FobError `usage`, naming the fields for one that is unknown.
 */
export function parseTemplate(text: string): Template {
  const parts: (string | { readonly field: Field })[] = [];
  let end = 0;
  for (const { 0: part, index } of text.matchAll(PARTS)) {
    parts.push(text.slice(end, index), ownValue(ESCAPES, part) ?? parseField(part));
    end = index + part.length;
  }
  parts.push(text.slice(end));
  return (values) =>
    parts.map((part) => (typeof part === "string" ? part : show(values[part.field]))).join("");
}

function parseField(part: string): { readonly field: Field } {
  const name = part.slice(1, -1).trim();
  const field = FIELDS.find((known) => part.startsWith("{") && known === name);
  if (field !== undefined) return { field };
  const isField = part.length > 1 && part.startsWith("{");
  throw new FobError(
    "usage",
    isField
      ? t`--format has ${part}, which is no field`
      : t`--format has ${part}, which is neither a field nor an escape`,
    {
      hint: isField
        ? t`${FIELDS.map((known) => `{${known}}`).join(" ")} are fields`
        : t("\\n, \\t and \\\\ are escapes, {{ and }} are braces"),
    },
  );
}

function show(value: FieldValues[Field]): string {
  if (value === null || value === undefined) return "";
  return printable(value instanceof Date ? value.toISOString() : String(value));
}
