// Makes packages of what a release consists of: `npm run packages -- FOLDER URL`. In FOLDER are the
// npm package and standalone executables, as they were built; the packages come to lie beside them.
// URL is where they will be fetched from.
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
  writeFileSync,
} from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { importTypeScript } from "./import-typescript.mjs";

const root = fileURLToPath(new URL("..", import.meta.url));
const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8"));

/** What Debian calls the processors that Node calls so. */
const DEBIAN_ARCHITECTURES = new Map([
  ["x64", "amd64"],
  ["arm64", "arm64"],
]);

/**
 * Where a Debian system looks for what is neither program nor manual.
 * @type {Readonly<Record<string, string>>}
 */
const TEXTS = {
  "completions/fob.bash": "usr/share/bash-completion/completions/fob",
  "completions/_fob": "usr/share/zsh/vendor-completions/_fob",
  "completions/fob.fish": "usr/share/fish/vendor_completions.d/fob.fish",
  "packaging/debian-lintian-overrides": "usr/share/lintian/overrides/fob",
};

const [folder = "", url = ""] = process.argv.slice(2);
if (folder === "" || url === "") {
  console.error("usage: npm run packages -- FOLDER URL");
  process.exit(2);
}
const about = { VERSION: version, HOMEPAGE: new URL(url).origin };
for (const file of readdirSync(folder)) {
  const made = await makePackage(file);
  if (made !== null) console.log(made);
}

/**
 * The package of one file of the release, or null when none is made of it.
 * @param {string} file
 */
async function makePackage(file) {
  const [, processor] = /^fob-linux-(\w+)$/.exec(file) ?? [];
  if (processor !== undefined)
    return debianPackage(file, DEBIAN_ARCHITECTURES.get(processor) ?? processor);
  if (file === `fob-${version}.tgz`) return describeFile("homebrew.rb", "fob.rb", file);
  if (file === "fob-win32-x64.exe") return describeFile("winget.yaml", "Fob.Fob.yaml", file);
  return null;
}

/**
 * A description of a file: where it is, and what it must be.
 * @param {string} template
 * @param {string} name
 * @param {string} file
 */
function describeFile(template, name, file) {
  const hash = createHash("sha256").update(readFileSync(join(folder, file)));
  return fill(template, join(folder, name), {
    ...about,
    URL: `${url}/${file}`,
    SHA256: hash.digest("hex"),
  });
}

/**
 * @param {string} file
 * @param {string} architecture
 */
async function debianPackage(file, architecture) {
  const desktop = await desktopFiles();
  const tree = mkdtempSync(join(folder, ".debian-"));
  try {
    chmodSync(tree, 0o755);
    install(tree, "usr/bin/fob", (target) => copyFileSync(join(folder, file), target), 0o755);
    const askpass = join(root, "packaging/fob-askpass.sh");
    install(tree, "usr/bin/fob-askpass", (target) => copyFileSync(askpass, target), 0o755);
    for (const page of readdirSync(join(root, "man"))) {
      installText(
        tree,
        `usr/share/man/man${page.at(-1)}/${page}.gz`,
        compressed(join(root, "man", page)),
      );
    }
    const documents = "usr/share/doc/fob";
    const own = { ...about, MAINTAINER: maintainer(), DATE: lastChange("%aD"), LICENSE: license() };
    installText(tree, `${documents}/copyright`, Buffer.from(filled("debian-copyright", own)));
    installText(
      tree,
      `${documents}/changelog.gz`,
      gzip(Buffer.from(filled("debian-changelog", own))),
    );
    installText(tree, `${documents}/NEWS.gz`, compressed(join(root, "CHANGELOG.md")));
    installText(
      tree,
      `${documents}/third-party.txt.gz`,
      compressed(join(folder, `${file}.licenses.txt`)),
    );
    for (const [from, to] of Object.entries(TEXTS))
      installText(tree, to, readFileSync(join(root, from)));
    for (const [to, text] of Object.entries(desktop)) installText(tree, to, Buffer.from(text));
    mkdirSync(join(tree, "DEBIAN"));
    const values = {
      ...about,
      ARCHITECTURE: architecture,
      MAINTAINER: maintainer(),
      KIBIBYTES: sizeOf(tree),
    };
    fill("debian-control", join(tree, "DEBIAN/control"), values);
    const target = join(folder, `fob_${version}_${architecture}.deb`);
    run("dpkg-deb", ["--root-owner-group", "-Zgzip", "--build", tree, target]);
    return target;
  } finally {
    rmSync(tree, { recursive: true });
  }
}

/** What lets a user choose fob for links; it makes fob nobody's preference. */
async function desktopFiles() {
  const { desktopEntry, ENTRY_NAME, ICON_NAME } = await importTypeScript(
    "src/platform/links/desktop-entry.ts",
  );
  const { LINK_SCHEMES } = await importTypeScript("src/commands/link/link-schemes.ts");
  const { LOGO } = await importTypeScript("src/base/logo.ts");
  return {
    [`usr/share/applications/${ENTRY_NAME}`]: desktopEntry(["fob"], LINK_SCHEMES),
    [`usr/share/icons/hicolor/scalable/apps/${ICON_NAME}.svg`]: `${LOGO}\n`,
  };
}

/**
 * @param {string} tree
 * @param {string} path
 * @param {Buffer} bytes
 */
function installText(tree, path, bytes) {
  install(tree, path, (target) => writeFileSync(target, bytes), 0o644);
}

/**
 * @param {string} tree
 * @param {string} path
 * @param {(target: string) => void} make
 * @param {number} mode
 */
function install(tree, path, make, mode) {
  const target = join(tree, path);
  mkdirSync(dirname(target), { recursive: true, mode: 0o755 });
  make(target);
  chmodSync(target, mode);
}

/** Whoever made the last commit stands for the package. */
function maintainer() {
  return lastChange("%an <%ae>");
}

/** @param {string} format */
function lastChange(format) {
  return run("git", ["-C", root, "log", "-1", `--format=${format}`]).trim();
}

function license() {
  return readFileSync(join(root, "LICENSE"), "utf8").trim();
}

/** @param {string} path */
function compressed(path) {
  return gzip(readFileSync(path));
}

/**
 * As Debian wants it: as small as can be, and without a time.
 * @param {Buffer} bytes
 */
function gzip(bytes) {
  return gzipSync(bytes, { level: 9 });
}

/** @param {string} tree */
function sizeOf(tree) {
  return run("du", ["-sk", tree]).split("\t")[0] ?? "";
}

/**
 * Writes a file of packaging/ with its values in place.
 * @param {string} template
 * @param {string} target
 * @param {Readonly<Record<string, string>>} values
 */
function fill(template, target, values) {
  writeFileSync(target, filled(template, values));
  return target;
}

/**
 * @param {string} template
 * @param {Readonly<Record<string, string>>} values
 */
function filled(template, values) {
  const text = readFileSync(join(root, "packaging", template), "utf8");
  return text.replace(/@([A-Z0-9]+)@/g, (whole, name) => values[name] ?? whole);
}

/**
 * @param {string} command
 * @param {readonly string[]} args
 */
function run(command, args) {
  const { status, stdout } = spawnSync(command, args, {
    encoding: "utf8",
    stdio: ["ignore", "pipe", "inherit"],
  });
  if (status !== 0) throw new Error(`\`${command} ${args.join(" ")}\` failed`);
  return stdout;
}
