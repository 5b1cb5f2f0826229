import {
  copyFileSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("../..", import.meta.url));

/**
 * What is wrong with a package of an installation: it is not there, or its native part cannot be
 * loaded.
 */
export type Damage = "absent" | "broken";

/** The built program, installed in a folder of its own in which packages are damaged. */
export interface Installation {
  readonly folder: string;
  /** Its executable. */
  readonly program: string;
  remove(): void;
}

/**
 * Installs the built program. `damaged` names packages below node_modules; a scope, `@img`, stands
 * for all its packages. What needs them is there by hard links, since Node looks for packages
 * beside a file's real place.
 */
export function installDamaged(damaged: Readonly<Record<string, Damage>>): Installation {
  const folder = mkdtempSync(join(tmpdir(), "fob-installation-"));
  for (const name of ["bin", "dist", "package.json"]) link(join(root, name), join(folder, name));
  const linked = new Set(["@napi-rs", "@img", "sharp", ...Object.keys(damaged)]);
  const modules = join(folder, "node_modules");
  mkdirSync(modules);
  for (const name of readdirSync(join(root, "node_modules"))) {
    const [from, to] = [join(root, "node_modules", name), join(modules, name)];
    if (linked.has(name)) link(from, to);
    else symlinkSync(from, to);
  }
  for (const [name, damage] of Object.entries(damaged)) {
    if (damage === "absent") rmSync(join(modules, name), { recursive: true });
    else breakNativeParts(join(modules, name));
  }
  const remove = () => rmSync(folder, { recursive: true, force: true });
  return { folder, program: join(folder, "bin/fob.js"), remove };
}

/** A file, or all files of a folder, at a second place. */
function link(from: string, to: string): void {
  if (statSync(from).isDirectory()) {
    mkdirSync(to);
    for (const name of readdirSync(from)) link(join(from, name), join(to, name));
    return;
  }
  try {
    linkSync(from, to);
  } catch {
    // the folder for temporary files may be on another disk
    copyFileSync(from, to);
  }
}

/** Every native module of a package becomes one that the system refuses to load. */
function breakNativeParts(folder: string): void {
  const files = readdirSync(folder, { recursive: true, encoding: "utf8" }).filter((path) =>
    path.endsWith(".node"),
  );
  if (files.length === 0) throw new Error(`${folder} has no native part`);
  for (const path of files) {
    // the link goes, and not what it leads to
    rmSync(join(folder, path));
    writeFileSync(join(folder, path), "this is no module", { flag: "wx" });
  }
}
