import { ownValue } from "#base/own-value.ts";
/** Text that is HTML already. */
export interface Html {
  readonly html: string;
}

/**
 * What can be put into HTML: text, which is escaped, pieces of HTML, which are not, and nothing.
 */
type Part = string | number | Html | readonly Html[] | null;

/** HTML from a template; whatever is put into it is escaped unless it is HTML already. */
export function html(template: TemplateStringsArray, ...parts: readonly Part[]): Html {
  return { html: template.map((text, i) => text + render(parts[i] ?? null)).join("") };
}

/** Text that somebody else's code wrote as HTML. */
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
