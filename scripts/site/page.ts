import { posix } from "node:path";
import GithubSlugger from "github-slugger";
import { lexer, type Token, type Tokens, walkTokens } from "marked";

/** A page of the documentation: a Markdown file of this project. */
export interface SourcePage {
  /** Its path from the project's root, with `/`. */
  readonly path: string;
  readonly title: string;
  readonly tokens: readonly Token[];
  readonly headings: readonly PageHeading[];
}

/** A heading, with the anchor that Markdown's readers on the web give it. */
export interface PageHeading {
  readonly depth: number;
  readonly text: string;
  readonly anchor: string;
}

/** A link as a page writes it. */
export interface PageLink {
  readonly text: string;
  readonly href: string;
}

/** A place inside the project that a link leads to. */
export interface PagePlace {
  readonly path: string;
  /** Without `#`; empty for the top of the page. */
  readonly anchor: string;
}

/** Reads a page. Throws for one without a title. */
export function readPage(path: string, markdown: string): SourcePage {
  const tokens = lexer(markdown);
  const slugger = new GithubSlugger();
  const headings = tokens
    .filter((token): token is Tokens.Heading => token.type === "heading")
    .map(({ depth, tokens: inside }) => {
      const text = plainText(inside);
      return { depth, text, anchor: slugger.slug(text) };
    });
  const title = headings.find(({ depth }) => depth === 1)?.text;
  if (title === undefined) throw new Error(`${path} has no title`);
  return { path, title, tokens, headings };
}

/** All links and pictures of a page, in order. */
export function linksOf({ tokens }: Pick<SourcePage, "tokens">): PageLink[] {
  const links: PageLink[] = [];
  walkTokens([...tokens], (token) => {
    if (token.type === "link" || token.type === "image")
      links.push({ text: token["text"], href: token["href"] });
  });
  return links;
}

/** All code within lines and in blocks that a page quotes, in order. */
export function codeOf({ tokens }: Pick<SourcePage, "tokens">): string[] {
  const code: string[] = [];
  walkTokens([...tokens], (token) => {
    if (token.type === "codespan" || token.type === "code") code.push(token["text"]);
  });
  return code;
}

/** Where a link of the page `from` leads inside the project; null if it leads to the web. */
export function placeOf(from: string, href: string): PagePlace | null {
  if (/^[a-z][a-z0-9+.-]*:/i.test(href)) return null;
  const [file = "", anchor = ""] = href.split("#", 2);
  const path = file === "" ? from : posix.normalize(posix.join(posix.dirname(from), file));
  return { path, anchor };
}

/** What inline tokens say, without marks. */
export function plainText(tokens: readonly Token[]): string {
  return tokens
    .map((token) => {
      if ("tokens" in token && token.tokens) return plainText(token.tokens);
      return "text" in token ? String(token["text"]) : "";
    })
    .join("");
}
