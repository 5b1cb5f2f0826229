// The licences of all that a standalone executable contains: Node's, fob's, and those of every
// package.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));
const texts = join(root, "packaging/licenses");

/**
 * What packages bring of others, besides what their own licence says.
 * @type {readonly (readonly [RegExp, readonly string[]])[]}
 */
const BROUGHT = [
  [
    /^@img\/sharp-(?:libvips-|win32-)/,
    ["libvips.txt", "LGPL-3.0.txt", "GPL-3.0.txt", "MPL-1.1.txt"],
  ],
  [/^clipboardy$/, ["xsel.txt"]],
  [/^zxing-wasm$/, ["zxing-cpp.txt", "Apache-2.0.txt"]],
];

const RULE = "=".repeat(80);

/**
 * One text with all of them. `packages` are the folders of the packages in the executable.
 * @param {readonly string[]} packages
 */
export function licensesOf(packages) {
  const own = section(aboutOf(root), [readFileSync(join(root, "LICENSE"), "utf8")]);
  const node = section(`Node.js ${process.versions.node}`, [readFileSync(nodeLicense(), "utf8")]);
  const bundled = section("Packages in the files of fob itself", [
    readFileSync(join(root, "dist/LICENSES.txt"), "utf8"),
  ]);
  const others = packages.map((folder) => section(aboutOf(folder), textsOf(folder)));
  return [own, node, bundled, ...others.sort()].join(`\n${RULE}\n\n`);
}

/**
 * @param {string} heading
 * @param {readonly string[]} parts
 */
function section(heading, parts) {
  return `${[heading, ...parts.map((part) => part.replaceAll("\r\n", "\n").trim())].join("\n\n")}\n`;
}

/** @param {string} folder */
function aboutOf(folder) {
  const { name, version, license } = manifest(folder);
  return `${name} ${version} (${license ?? "its package.json names none"})`;
}

/**
 * The licence of a package in this folder, and those of what it brings.
 * @param {string} folder
 * @returns {string[]}
 */
export function textsOf(folder) {
  const { name, license } = manifest(folder);
  const files = readdirSync(folder).filter((file) => /^(?:licen[cs]e|copying|notice)/i.test(file));
  const own = files.map((file) => readFileSync(join(folder, file), "utf8"));
  const brought = BROUGHT.flatMap(([pattern, names]) => (pattern.test(name) ? names : []));
  const others = brought.map((file) => readFileSync(join(texts, file), "utf8"));
  if (brought.includes("libvips.txt"))
    own.push(readFileSync(join(folder, "README.md"), "utf8"), versions(folder));
  if (own.length > 0) return [...own, ...others];
  if (/\bMIT\b/.test(license))
    return [withoutFile(folder), readFileSync(join(texts, "MIT.txt"), "utf8"), ...others];
  throw new Error(`${folder} has no licence, and says ${license}`);
}

/**
 * The versions of the libraries within a package, where it tells them.
 * @param {string} folder
 */
function versions(folder) {
  const path = join(folder, "versions.json");
  return existsSync(path) ? `Versions: ${readFileSync(path, "utf8")}` : "";
}

/**
 * What a package says of its licence that has no file with it.
 * @param {string} folder
 */
function withoutFile(folder) {
  const { author, homepage, repository } = manifest(folder);
  const by =
    typeof author === "object"
      ? [author.name, author.email && `<${author.email}>`].filter(Boolean).join(" ")
      : author;
  const where = homepage ?? repository?.url ?? repository ?? "";
  return [
    `Copyright (c) ${by ?? "its authors"}`,
    where,
    "The package says that it is under the MIT License:",
  ]
    .filter(Boolean)
    .join("\n");
}

/** @param {string} folder */
function manifest(folder) {
  return JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
}

/**
 * Where Node's releases and packages put the text. Debian's own nodejs has another one, and is not
 * looked for.
 */
function nodeLicense() {
  const folder = dirname(process.execPath);
  const places = [
    join(folder, "../LICENSE"),
    join(folder, "LICENSE"),
    "/usr/share/doc/nodejs/LICENSE",
  ];
  const found = [process.env["NODE_LICENSE"] ?? "", ...places].find(
    (path) => path !== "" && existsSync(path),
  );
  if (found !== undefined) return found;
  throw new Error(
    `the licence of Node is not beside ${process.execPath}: NODE_LICENSE names the file`,
  );
}
