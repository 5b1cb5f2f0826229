import { lexer, type Token, type Tokens } from "marked";
import { bold, display, entry, escapeText, line } from "./roff.ts";

/** A part of a document: what stands between a heading of the second level and the next. */
export interface DocumentSection {
  readonly title: string;
  readonly tokens: readonly Token[];
}

/** The sections of a document, in order; what comes before the first has the title "". */
export function sectionsOf(markdown: string): DocumentSection[] {
  const sections: { title: string; tokens: Token[] }[] = [{ title: "", tokens: [] }];
  for (const token of lexer(markdown)) {
    if (token.type === "heading" && token["depth"] === 2)
      sections.push({ title: token["text"], tokens: [] });
    else if (token.type !== "heading" || token["depth"] > 2) sections.at(-1)?.tokens.push(token);
  }
  return sections;
}

/** Blocks of Markdown as roff. Throws for one of a kind that none of our documents has. */
export function blocksToRoff(tokens: readonly Token[]): string {
  return tokens
    .filter(({ type }) => type !== "space")
    .map((token) => blockToRoff(token as MarkdownBlock))
    .join("\n");
}

type MarkdownBlock = Tokens.Paragraph | Tokens.Code | Tokens.List | Tokens.Table | Tokens.Heading;

function blockToRoff(block: MarkdownBlock): string {
  if (block.type === "paragraph") return `.PP\n${inlines(block.tokens)}`;
  if (block.type === "code") return `.PP\n${display(block.text.trimEnd())}`;
  if (block.type === "heading") return `.SS ${inlines(block.tokens)}`;
  if (block.type === "list") return listToRoff(block as Tokens.List);
  if (block.type === "table") return tableToRoff(block as Tokens.Table);
  throw new Error(`no man page knows ${(block as Token).type}`);
}

function listToRoff({ items, ordered }: Tokens.List): string {
  return items
    .map(({ tokens }, i) => {
      const [first, ...others] = tokens as MarkdownBlock[];
      const text = first && "tokens" in first ? inlines(first.tokens ?? []) : "";
      const more = others.filter(({ type }) => (type as string) !== "space").map(blockToRoff);
      return [ordered ? `.IP ${i + 1}. 4` : ".IP \\(bu 2", text, ...more].join("\n");
    })
    .join("\n");
}

/** The first cell of a row is the term; of more than two, each says what it is. */
function tableToRoff({ header, rows }: Tokens.Table): string {
  return rows
    .map(([term, ...cells]) => {
      const titles = header.slice(1).map(({ tokens }) => inlines(tokens));
      const named = cells.map(({ tokens }, i) => {
        const text = inlines(tokens);
        return cells.length > 1 ? `${titles[i]}: ${text}` : text;
      });
      return entry(inlines(term?.tokens ?? []) || "\\&", named.map(line).join("\n.br\n") || "\\&");
    })
    .join("\n");
}

function inlines(tokens: readonly Token[]): string {
  return tokens
    .map(inline)
    .join("")
    .split("\n")
    .map((each) => line(each.trim()))
    .join("\n");
}

function inline(token: Token): string {
  if (token.type === "strong" || token.type === "codespan") return bold(decode(plainText(token)));
  if (token.type === "em") return `\\fI${escapeText(decode(plainText(token)))}\\fR`;
  if (token.type === "link") return linkToRoff(token as Tokens.Link);
  if (token.type === "br") return "\n.br\n";
  return escapeText(decode(plainText(token)));
}

/** A page of ours is known by its name; another address is shown. */
function linkToRoff({ href, text }: Tokens.Link): string {
  // the documents that pages are made of are in this folder, as are those beside them
  const isBeside = href.replace(/#.*/, "") === text && /^[\w-]+\.md$/.test(text);
  const shown = escapeText(decode(isBeside ? `docs/${text}` : text));
  return /^https?:/.test(href) && href !== text ? `${shown} (${escapeText(href)})` : shown;
}

function plainText(token: Token): string {
  return "text" in token ? String(token["text"]).replaceAll("`", "") : token.raw;
}

/** The package escapes what HTML would take for its own. */
function decode(text: string): string {
  return text
    .replaceAll("&lt;", "<")
    .replaceAll("&gt;", ">")
    .replaceAll("&quot;", '"')
    .replaceAll("&#39;", "'")
    .replaceAll("&amp;", "&");
}
