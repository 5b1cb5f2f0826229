import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { linksOf, placeOf, readPage } from "../../scripts/site/page.ts";
import { markdownFiles } from "./pages.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

function read(path: string) {
  return readPage(path, readFileSync(join(ROOT, path), "utf8"));
}

test("every link of every page leads to a file that is there and to a heading that it has", () => {
  const broken = markdownFiles().flatMap((path) =>
    linksOf(read(path))
      .filter(({ href }) => {
        const place = placeOf(path, href);
        if (!place) return false;
        if (!existsSync(join(ROOT, place.path))) return true;
        if (place.anchor === "") return false;
        return !read(place.path).headings.some(({ anchor }) => anchor === place.anchor);
      })
      .map(({ href }) => `${path}: ${href}`),
  );
  expect(broken).toEqual([]);
});

test("a link to a heading that is not there is found", () => {
  const page = readPage("docs/x.md", "# X\n\n[to](../README.md#no-such-heading) ![p](x.svg)\n");
  expect(linksOf(page).map(({ href }) => placeOf("docs/x.md", href))).toEqual([
    { path: "README.md", anchor: "no-such-heading" },
    { path: "docs/x.svg", anchor: "" },
  ]);
});

test("the index of the pages names each of them", () => {
  const named = linksOf(read("docs/README.md")).map(({ href }) => placeOf("docs/README.md", href));
  const pages = markdownFiles().filter((path) => path.startsWith("docs/"));
  const missing = pages.filter(
    (path) => path !== "docs/README.md" && !named.some((place) => place?.path === path),
  );
  expect(missing).toEqual([]);
});
