import type { Token } from "marked";
import { plainText, type SourcePage } from "./page.ts";

/** A part of a page that the search can find: from one heading to the next. */
export interface SearchEntry {
  /** Address with anchor; names the entry. */
  readonly id: string;
  readonly page: string;
  readonly title: string;
  readonly text: string;
}

/** The parts of a page, whose address is `address`. */
export function searchEntries(page: SourcePage, address: string): SearchEntry[] {
  const entries: { id: string; page: string; title: string; text: string }[] = [];
  const headings = page.headings[Symbol.iterator]();
  for (const token of page.tokens) {
    if (token.type === "heading") {
      const { anchor, text } = headings.next().value ?? { anchor: "", text: "" };
      entries.push({ id: `${address}#${anchor}`, page: page.title, title: text, text: "" });
    } else {
      const entry = entries.at(-1);
      if (entry) entry.text = `${entry.text} ${words(token)}`.trim();
    }
  }
  return entries;
}

/** Everything that a block says, in one line. */
function words(token: Token): string {
  if (token.type === "table") {
    const cells = [...token["header"], ...token["rows"].flat()];
    return cells.map(({ tokens }) => plainText(tokens)).join(" ");
  }
  if (token.type === "list")
    return token["items"].map(({ tokens }: { tokens: Token[] }) => plainText(tokens)).join(" ");
  return plainText([token]).replaceAll("\n", " ");
}
