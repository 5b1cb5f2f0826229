import type { SourcePage } from "./page.ts";

/** What a page of the site is made of. */
export interface SitePage {
  readonly page: SourcePage;
  /** All pages, in their order. */
  readonly pages: readonly SourcePage[];
  /** HTML. */
  readonly body: string;
  readonly neighbours: { readonly before: SourcePage | null; readonly after: SourcePage | null };
  readonly fileName: (path: string) => string;
}

/** Nothing is loaded from elsewhere, and nobody is told who reads. */
const POLICY = "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'";

/** A whole HTML document. */
export function layout({ page, pages, body, neighbours, fileName }: SitePage): string {
  const link = ({ path, title }: SourcePage, attributes = "") =>
    `<a href="${fileName(path)}"${attributes}>${escapeHtml(title)}</a>`;
  const entries = pages.map(
    (each) => `<li>${link(each, each === page ? ' aria-current="page"' : "")}</li>`,
  );
  const before = neighbours.before ? link(neighbours.before, ' rel="prev"') : "";
  const after = neighbours.after ? link(neighbours.after, ' rel="next"') : "";
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="referrer" content="no-referrer">
<title>${escapeHtml(page.title)}${page.title === "fob" ? "" : " · fob"}</title>
<link rel="icon" href="icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="site.css">
<script src="theme.js"></script>
<script src="minisearch.js" defer></script>
<script src="search-entries.js" defer></script>
<script src="search.js" defer></script>
</head>
<body>
<a class="skip" href="#content">To the text</a>
<header>
<a class="home" href="index.html"><img src="icon.svg" alt="" width="28" height="28">fob</a>
<search><input type="search" placeholder="Search (press /)" aria-label="Search the pages" autocomplete="off"
  aria-controls="results" hidden><ol id="results" hidden></ol></search>
<button type="button" class="theme" aria-label="Light or dark" hidden></button>
</header>
<nav aria-label="Pages"><details open><summary>Pages</summary><ul>
${entries.join("\n")}
</ul></details></nav>
<main id="content">
${body}
<footer>${before}${after}</footer>
</main>
</body>
</html>
`;
}

function escapeHtml(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
}
