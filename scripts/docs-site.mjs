// Makes a site of the pages in README.md and docs/: a folder of files that needs no server.
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { importTypeScript } from "./import-typescript.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = process.argv[2] ?? join(root, "build/site");
const { siteFiles } = await importTypeScript("scripts/site/site.ts");
const { LOGO } = await importTypeScript("src/base/logo.ts");

rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
for (const [name, text] of siteFiles(read)) writeFileSync(join(folder, name), text);
cpSync(join(root, "scripts/site/assets"), folder, { recursive: true });
writeFileSync(join(folder, "icon.svg"), LOGO);
const searchEngine = new URL("../umd/index.js", import.meta.resolve("minisearch"));
cpSync(searchEngine, join(folder, "minisearch.js"));
console.log(`${folder}/index.html`);

/** @param {string} path */
function read(path) {
  try {
    return readFileSync(join(root, path), "utf8");
  } catch {
    return null;
  }
}
