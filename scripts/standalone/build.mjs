// Makes build/fob-PLATFORM-ARCH, or the file that is named: one executable that needs no Node, for the system that this runs on. It is this Node
// with fob in it, as it is installed from npm, and a launcher (Node's "single executable applications").
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  chmodSync,
  copyFileSync,
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

/** What marks the place in Node where it looks for a program (Node's manual, single executable applications). */
const FUSE = "NODE_SEA_FUSE_fce680ab2cc467b6e072b8b5df1996b2";

/** What only people who develop with a package read, and other systems' programs. */
const LEFT_OUT = /\.(?:map|d\.[cm]?ts|[cm]?ts|md|markdown|exe)$|\/(?:test|tests|docs|examples?)\//;

const root = fileURLToPath(new URL("../..", import.meta.url));
const target = resolve(
  process.argv[2] ??
    join(root, `build/fob-${process.platform}-${process.arch}${process.platform === "win32" ? ".exe" : ""}`),
);
mkdirSync(dirname(target), { recursive: true });
const folder = mkdtempSync(join(dirname(target), ".fob-"));

const archive = gzipSync(pack([...ownFiles(), ...packageFiles()]), { level: 6 });
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
await inject(target, "NODE_SEA_BLOB", readFileSync(join(folder, "fob.blob")), { sentinelFuse: FUSE });
rmSync(folder, { recursive: true });
console.log(`${target}: ${Math.round(statSync(target).size / 1e6)} MB`);

/** The files of the npm package that run. */
function ownFiles() {
  const names = ["package.json", ...filesBelow("bin"), ...filesBelow("dist"), ...filesBelow("messages")].filter(
    (name) => name !== "messages/en.json",
  );
  return names.map((name) => ({ from: name, path: name }));
}

/** The files of every package that fob needs to run, as they are installed here. */
function packageFiles() {
  const listed = run("npm", ["ls", "--all", "--omit=dev", "--parseable"], root);
  const folders = [...new Set(listed.trim().split("\n").slice(1))].map((path) => path.slice(root.length));
  const files = folders.flatMap((each) => filesBelow(each, (name) => name !== "node_modules"));
  return files.filter((path) => !LEFT_OUT.test(path)).map((path) => ({ from: path, path }));
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
  const contents = files.map(({ from }) => readFileSync(join(root, from)));
  const index = files.map(({ from, path }, i) => {
    const mode = statSync(join(root, from)).mode & 0o100 ? 0o700 : 0o600;
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
