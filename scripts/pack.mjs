// Makes the npm package of what is built: `node scripts/pack.mjs FOLDER` writes fob-VERSION.tgz
// there and prints its path. Its package.json has no scripts and no packages for development: npm
// would run or ask about `prepare`, which needs the sources.
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const target = resolve(process.argv[2] ?? join(root, "build"));

const staging = mkdtempSync(join(tmpdir(), "fob-pack-"));
try {
  for (const path of packedFiles()) {
    mkdirSync(dirname(join(staging, path)), { recursive: true });
    cpSync(join(root, path), join(staging, path));
  }
  const {
    scripts: _,
    devDependencies: __,
    ...published
  } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));
  writeFileSync(join(staging, "package.json"), `${JSON.stringify(published, null, 2)}\n`);
  mkdirSync(target, { recursive: true });
  const [{ filename }] = JSON.parse(npm(["pack", "--json", "--pack-destination", target], staging));
  console.log(join(target, filename));
} finally {
  rmSync(staging, { recursive: true, force: true });
}

/**
 * The files that belong into the package, as npm reads package.json.
 * @returns {string[]}
 */
function packedFiles() {
  const [{ files }] = JSON.parse(npm(["pack", "--dry-run", "--json", "--ignore-scripts"], root));
  return files.map((/** @type {{ path: string }} */ { path }) => path);
}

/**
 * @param {readonly string[]} args
 * @param {string} cwd
 */
function npm(args, cwd) {
  // npm is a script on Windows
  const shell = process.platform === "win32";
  const { status, stdout } = spawnSync("npm", [...args, "--loglevel=error"], {
    cwd,
    encoding: "utf8",
    shell,
    stdio: ["ignore", "pipe", "inherit"],
  });
  if (status !== 0) throw new Error(`\`npm ${args.join(" ")}\` failed`);
  return stdout;
}
