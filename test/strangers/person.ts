import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll } from "vitest";
import { ASKPASS, FOB, type Outcome, type TestHome, testHome } from "../e2e/fob.ts";

/** A home, and a person in it who runs scripts as the pages have them. */
export interface Person extends TestHome {
  /** Puts a program on the PATH, before all others. */
  install(name: string, script: string): void;
  /** Runs a script of bash, in the home, with variables beside the usual ones. */
  run(script: string, env?: Readonly<Record<string, string>>): Promise<Outcome>;
}

/** Makes a person who has fob on the PATH. The home vanishes after the tests of the file. */
export function makePerson(): Person {
  const place = testHome(afterAll);
  const { home } = place;
  const bin = join(home, "bin");
  mkdirSync(bin);
  const install = (name: string, script: string) =>
    writeFileSync(join(bin, name), `#!/bin/bash\n${script}\n`, { mode: 0o755 });
  install("fob", `exec '${process.execPath}' '${FOB}' "$@"`);
  install("fob-askpass", `exec '${process.execPath}' '${ASKPASS}' "$@"`);
  return {
    ...place,
    install,
    async run(script, env = {}) {
      const result = await execa("bash", ["-euo", "pipefail", "-c", script], {
        cwd: home,
        env: {
          PATH: `${bin}:${process.env["PATH"]}:/usr/sbin`,
          HOME: home,
          XDG_RUNTIME_DIR: home,
          FOB_HOME: home,
          FOB_KEYCHAIN: "file",
          TERM: "xterm",
          LANG: "C.UTF-8",
          ...env,
        },
        extendEnv: false,
        input: "",
        reject: false,
        stripFinalNewline: false,
        timeout: 50_000,
      });
      return { stdout: result.stdout, stderr: result.stderr, exitCode: result.exitCode };
    },
  };
}
