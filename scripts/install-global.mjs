// Installs a copy of this clone for every folder: `npm run install:global`. `npm install -g .` only
// links to the clone, so that fob would go with it. What is given after `--` goes to npm.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "fob-install-"));
try {
  const tarball = run(process.execPath, [join(root, "scripts/pack.mjs"), folder], "pipe").trim();
  run(
    "npm",
    ["install", "--global", tarball, "--no-audit", "--no-fund", ...process.argv.slice(2)],
    "inherit",
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/**
 * @param {string} command
 * @param {readonly string[]} args
 * @param {"pipe" | "inherit"} stdout
 */
function run(command, args, stdout) {
  // npm is a script on Windows
  const shell = process.platform === "win32" && command === "npm";
  const { status, stdout: printed } = spawnSync(command, args, {
    encoding: "utf8",
    shell,
    stdio: ["ignore", stdout, "inherit"],
  });
  if (status !== 0) throw new Error(`\`${command} ${args.join(" ")}\` failed`);
  return printed ?? "";
}
