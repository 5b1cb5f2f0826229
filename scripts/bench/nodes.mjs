// Other versions of Node, out of the registry: the package `node` has a binary for each platform.
import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";

/**
 * Installs a version (`22`, `24.1.0`) below a folder and returns the path of its program.
 * @param {string} version @param {string} folder
 */
export function installNode(version, folder) {
  const home = join(folder, `node-${version}`);
  mkdirSync(home, { recursive: true });
  const npm = process.platform === "win32" ? "npm.cmd" : "npm";
  execFileSync(
    npm,
    ["install", "--prefix", home, "--no-save", "--no-audit", "--no-fund", `node@${version}`],
    { stdio: ["ignore", "ignore", "inherit"], shell: process.platform === "win32" },
  );
  return join(
    home,
    "node_modules",
    "node",
    "bin",
    process.platform === "win32" ? "node.exe" : "node",
  );
}

/** @param {string} node */
export function versionOf(node) {
  return execFileSync(node, ["--version"], { encoding: "utf8" }).trim().slice(1);
}
