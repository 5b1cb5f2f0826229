import { Marked, type Token, type Tokens, walkTokens } from "marked";
import { type PagePlace, placeOf, type SourcePage } from "./page.ts";

/** The body of a page as HTML; `addressOf` says where the site has a place of the project. */
export function renderPage(page: SourcePage, addressOf: (place: PagePlace) => string): string {
  const anchors = page.headings.map(({ anchor }) => anchor)[Symbol.iterator]();
  const marked = new Marked({
    renderer: {
      heading({ tokens, depth }) {
        const anchor = anchors.next().value ?? "";
        const text = this.parser.parseInline(tokens);
        return `<h${depth} id="${anchor}"><a class="anchor" href="#${anchor}">${text}</a></h${depth}>\n`;
      },
      table(token) {
        return `<div class="table" tabindex="0">${tableHtml(token, (cell) => this.parser.parseInline(cell))}</div>\n`;
      },
    },
  });
  const tokens = structuredClone([...page.tokens]);
  walkTokens(tokens, (token) => {
    if (token.type !== "link" && token.type !== "image") return;
    const place = placeOf(page.path, token["href"]);
    if (place) token["href"] = addressOf(place);
  });
  return marked.parser(tokens);
}

function tableHtml({ header, rows }: Tokens.Table, inline: (tokens: Token[]) => string): string {
  const head = header.map(({ tokens }) => `<th scope="col">${inline(tokens)}</th>`).join("");
  const body = rows
    .map((row) => `<tr>${row.map(({ tokens }) => `<td>${inline(tokens)}</td>`).join("")}</tr>`)
    .join("\n");
  return `<table>\n<thead><tr>${head}</tr></thead>\n<tbody>\n${body}\n</tbody>\n</table>`;
}
