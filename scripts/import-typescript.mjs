import { mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build } from "esbuild";
import { LOADERS } from "./loaders.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));

/**
 * The exports of a TypeScript file of this project, which is bundled first: Node 20 reads
 * JavaScript alone.
 *
 * @param {string} path
 */
export async function importTypeScript(path) {
  // beside the packages, so that those that are not bundled are found
  const folder = mkdtempSync(join(root, "node_modules/.bundled-"));
  const outfile = join(folder, "module.mjs");
  try {
    await build({
      absWorkingDir: root,
      entryPoints: [path],
      outfile,
      bundle: true,
      platform: "node",
      target: "node20.19",
      format: "esm",
      packages: "external",
      loader: LOADERS,
      logLevel: "warning",
    });
    return await import(pathToFileURL(outfile).href);
  } finally {
    rmSync(folder, { recursive: true });
  }
}
