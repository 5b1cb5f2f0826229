// Makes build/fob-PLATFORM-ARCH, or the file that is named: one executable that needs no Node, for
// the system that this runs on. It is this Node with fob in it, as it is installed from npm, and a
// launcher (Node's "single executable applications").
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
// @ts-expect-error: it has no types
import { inject } from "postject";
import { licensesOf } from "./licenses.mjs";
import { planFor } from "./plan.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const plan = planFor(process.platform, process.arch);
const target = resolve(process.argv[2] ?? join(root, "build", plan.name));
mkdirSync(dirname(target), { recursive: true });
const folder = mkdtempSync(join(dirname(target), ".fob-"));

const packages = packageFolders();
const licenses = licensesOf(packages.map((path) => join(root, path)));
writeFileSync(join(folder, "LICENSES.txt"), licenses);
const files = [
  { from: join(folder, "LICENSES.txt"), path: "LICENSES.txt" },
  ...[...ownFiles(), ...packages.flatMap(packageFiles)].map((path) => ({
    from: join(root, path),
    path,
  })),
];
const archive = gzipSync(pack(files), { level: 6 });
writeFileSync(join(folder, "fob.archive"), archive);
await build({
  entryPoints: [join(root, "scripts/standalone/launcher.cjs")],
  outfile: join(folder, "launcher.cjs"),
  define: { ARCHIVE_SHA256: JSON.stringify(createHash("sha256").update(archive).digest("hex")) },
});
const config = {
  main: "launcher.cjs",
  output: "fob.blob",
  disableExperimentalSEAWarning: true,
  assets: { fob: "fob.archive" },
};
writeFileSync(join(folder, "sea.json"), JSON.stringify(config));
run(process.execPath, ["--experimental-sea-config", "sea.json"], folder);
copyFileSync(process.execPath, target);
chmodSync(target, 0o755);
for (const [command = "", ...args] of plan.before(target)) run(command, args, folder);
await inject(target, "NODE_SEA_BLOB", readFileSync(join(folder, "fob.blob")), plan.injection);
for (const [command = "", ...args] of plan.after(target)) run(command, args, folder);
rmSync(folder, { recursive: true });
writeFileSync(`${target}.licenses.txt`, licenses);
console.log(`${target}: ${Math.round(statSync(target).size / 1e6)} MB`);

/** The files of the npm package that run. */
function ownFiles() {
  return [
    "package.json",
    ...filesBelow("bin"),
    ...filesBelow("dist"),
    // only where there is a translation
    ...(existsSync(join(root, "messages")) ? filesBelow("messages") : []),
  ].filter((name) => name !== "messages/en.json");
}

/** The folders of every package that fob needs to run, as they are installed here. */
function packageFolders() {
  const listed = run("npm", ["ls", "--all", "--omit=dev", "--parseable"], root);
  // npm writes the separator of the system
  const paths = listed.trim().split(/\r?\n/).slice(1);
  return [...new Set(paths)].map((path) => path.slice(root.length).replaceAll("\\", "/"));
}

/**
 * The files of a package that run, or say under which licence.
 * @param {string} folder
 */
function packageFiles(folder) {
  return filesBelow(folder, (name) => name !== "node_modules").filter(plan.isNeeded);
}

/**
 * @param {string} below
 * @param {(name: string) => boolean} isWanted
 * @returns {string[]}
 */
function filesBelow(below, isWanted = () => true) {
  return readdirSync(join(root, below), { withFileTypes: true })
    .filter(({ name }) => isWanted(name))
    .flatMap((entry) => {
      const path = `${below}/${entry.name}`;
      if (entry.isDirectory()) return filesBelow(path, isWanted);
      return entry.isFile() ? [path] : [];
    });
}

/** @param {readonly { from: string, path: string }[]} files */
function pack(files) {
  const contents = files.map(({ from }) => readFileSync(from));
  const index = files.map(({ from, path }, i) => {
    const mode = statSync(from).mode & 0o100 ? 0o700 : 0o600;
    return { path, size: contents[i]?.length ?? 0, mode };
  });
  return Buffer.concat([Buffer.from(`${JSON.stringify(index)}\n`), ...contents]);
}

/**
 * @param {string} command
 * @param {readonly string[]} args
 * @param {string} cwd
 */
function run(command, args, cwd) {
  // npm is a script on Windows
  const shell = process.platform === "win32" && command === "npm";
  const { status, stdout } = spawnSync(command, args, {
    shell,
    cwd,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
  if (status !== 0) throw new Error(`\`${command} ${args.join(" ")}\` failed`);
  return stdout;
}
