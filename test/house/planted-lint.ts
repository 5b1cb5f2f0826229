import { execFileSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

/** The folder of this project. */
export const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** What the linter says of an import: its rule, and where the import stands. */
export interface Complaint {
  readonly rule: string;
  /** `src/otp/planted.ts:2` */
  readonly place: string;
}

/**
 * What the linter, with this project's configuration, says of these files of a project of their
 * own.
 */
export function lint(files: Readonly<Record<string, string>>): readonly Complaint[] {
  const folder = mkdtempSync(join(tmpdir(), "fob-lint-"));
  try {
    for (const name of ["biome.json", "package.json", ".gitignore"])
      copyFileSync(join(ROOT, name), join(folder, name));
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(join(folder, dirname(path)), { recursive: true });
      writeFileSync(join(folder, path), text);
    }
    return complaints(runLinter(folder));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function runLinter(folder: string): string {
  const biome = createRequire(import.meta.url).resolve("@biomejs/biome/bin/biome");
  const args = ["lint", "--reporter=json", "--max-diagnostics=none", "."];
  try {
    return execFileSync(process.execPath, [biome, ...args], {
      cwd: folder,
      encoding: "utf8",
      // what it says there is that it found something
      stdio: ["ignore", "pipe", "ignore"],
    });
  } catch (error) {
    // it complains by its exit code, too
    return (error as { readonly stdout: string }).stdout;
  }
}

interface Report {
  readonly diagnostics: readonly {
    readonly category: string;
    readonly location: { readonly path: string; readonly start: { readonly line: number } };
  }[];
}

function complaints(report: string): readonly Complaint[] {
  return (JSON.parse(report) as Report).diagnostics.map(({ category, location }) => ({
    rule: category,
    place: `${location.path.replaceAll("\\", "/")}:${location.start.line}`,
  }));
}
