import { posix } from "node:path";
import { layout } from "./layout.ts";
import { linksOf, type PagePlace, placeOf, readPage, type SourcePage } from "./page.ts";
import { renderPage } from "./render.ts";
import { searchEntries } from "./search.ts";

/** The page that lists the others in the order in which a newcomer reads them. */
const CONTENTS = "docs/README.md";
const HOME = "README.md";

/**
 * The documentation as a site of files, by their paths: it needs no server. `read` gives the text
 * of a file of this project, or null where there is none. Throws for a link that leads nowhere.
 */
export function siteFiles(read: (path: string) => string | null): Map<string, string> {
  const pages = sitePages(read);
  const names = new Map(pages.map(({ path }) => [path, fileName(path)]));
  const assets = new Map<string, string>();

  /** The address of a place on the site, from any page: all of them are in one folder. */
  function addressOf({ path, anchor }: PagePlace): string {
    const name = names.get(path);
    if (name !== undefined) return anchor === "" ? name : `${name}#${anchor}`;
    const text = read(path);
    if (text === null) throw new Error(`there is no ${path} to link to`);
    const asset = posix.basename(path);
    assets.set(asset, text);
    return asset;
  }

  const documents = pages.map((page, i): [string, string] => {
    const body = renderPage(page, addressOf);
    const neighbours = { before: pages[i - 1] ?? null, after: pages[i + 1] ?? null };
    return [fileName(page.path), layout({ page, pages, body, neighbours, fileName })];
  });
  const entries = JSON.stringify(pages.flatMap((page) => searchEntries(page, fileName(page.path))));
  // a script and not JSON: a page that is opened as a file may load scripts, and fetch nothing
  return new Map([
    ...documents,
    ...assets,
    ["search-entries.js", `globalThis.searchEntries = ${entries};\n`],
  ]);
}

/** All pages, in the order of the table of contents. */
function sitePages(read: (path: string) => string | null): SourcePage[] {
  const page = (path: string) => {
    const markdown = read(path);
    if (markdown === null) throw new Error(`there is no ${path}`);
    return readPage(path, markdown);
  };
  const contents = page(CONTENTS);
  const listed = linksOf(contents)
    .map(({ href }) => placeOf(CONTENTS, href)?.path)
    .filter((path) => path?.endsWith(".md") === true && path !== HOME);
  return [page(HOME), contents, ...[...new Set(listed)].map((path) => page(path as string))];
}

function fileName(path: string): string {
  if (path === HOME) return "index.html";
  if (path === CONTENTS) return "contents.html";
  return `${posix.basename(path, ".md").toLowerCase()}.html`;
}
