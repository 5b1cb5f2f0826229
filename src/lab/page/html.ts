import { ownValue } from "#base/own-value.ts";
/** A piece of HTML. */
export interface Html {
  readonly html: string;
}

/** A value in an HTML template: text, which is escaped; HTML, which is not; or nothing. */
type Part = string | number | Html | readonly Html[] | null;

/** HTML from a template; its values are escaped unless they are {@link Html}. */
export function html(template: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return { html: template.map((text, i) => text + render(parts[i] ?? null)).join("") };
}

/** Marks a text as HTML, without escaping it: only for HTML from trusted code. */
export function trusted(text: string): Html {
  return { html: text };
}

function render(part: Part): string {
  if (part === null) return "";
  if (typeof part === "string" || typeof part === "number") return escapeHtml(String(part));
  return "html" in part ? part.html : part.map((one) => one.html).join("");
}

const ENTITIES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ownValue(ENTITIES, character) ?? character);
}
