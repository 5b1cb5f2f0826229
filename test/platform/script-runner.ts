import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { afterEach, beforeEach, vi } from "vitest";

/** Programs that stand for the script runners of platforms which no machine of ours has. */
export interface ScriptRunner {
  /**
   * Lets a runner print `output` for whatever script it is given. It keeps its arguments and its
   * standard input.
   */
  runner(name: string, output: string, status?: number): void;
  /** A program with this script for the shell. */
  program(name: string, script: string): void;
  /** The arguments of the last script, one a line. */
  given(): string;
  /** The standard input of the last script. */
  told(): string;
  /** Leaves PATH without any runner. */
  leaveAlone(): void;
}

/** Runners for every test of the file, each time in a new folder that comes first in PATH. */
export function scriptRunner(): ScriptRunner {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "fob-runner-"));
    vi.stubEnv("PATH", `${folder}${delimiter}${process.env["PATH"]}`);
  });
  afterEach(() => {
    vi.unstubAllEnvs();
    rmSync(folder, { recursive: true, force: true });
  });
  return {
    runner(name, output, status = 0) {
      const path = join(folder, name);
      const keep = `printf '%s\\n' "$@" > '${folder}/arguments'\ncat > '${folder}/input'`;
      writeFileSync(path, `#!/bin/sh\n${keep}\nprintf '%s\\n' '${output}'\nexit ${status}\n`);
      chmodSync(path, 0o755);
    },
    program(name, script) {
      writeFileSync(join(folder, name), `#!/bin/sh\n${script}\n`, { mode: 0o755 });
    },
    given: () => readFileSync(join(folder, "arguments"), "utf8"),
    told: () => readFileSync(join(folder, "input"), "utf8"),
    leaveAlone: () => void vi.stubEnv("PATH", folder),
  };
}
