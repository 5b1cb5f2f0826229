import { chmodSync, cpSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { expect, onTestFinished, test } from "vitest";
import { giveToNobody, NOBODY } from "../bound-by-rights.ts";

const SCRIPT = fileURLToPath(new URL("../../scripts/install-global.mjs", import.meta.url));

test.runIf(process.platform !== "win32")(
  "without the right to install it says so at once, in a line and a hint",
  async () => {
    const folder = mkdtempSync(join(tmpdir(), "fob-install-test-"));
    onTestFinished(() => {
      chmodSync(join(folder, "prefix"), 0o755);
      rmSync(folder, { recursive: true });
    });
    const [script, prefix] = [join(folder, "install.mjs"), join(folder, "prefix")];
    cpSync(SCRIPT, script);
    mkdirSync(prefix);
    giveToNobody(folder);
    chmodSync(prefix, 0o555);
    const user = process.getuid?.() === 0 ? { uid: NOBODY, gid: NOBODY } : {};
    const { exitCode, stdout, stderr } = await execa(
      process.execPath,
      [script, "--prefix", prefix],
      { cwd: folder, env: { HOME: folder }, reject: false, ...user },
    );
    expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: "" });
    expect(stderr).toBe(
      `fob: no right to write into ${join(prefix, "lib/node_modules")}\n` +
        "hint: `npm run install:global -- --prefix ~/.local` installs it for you alone",
    );
    expect(readdirSync(prefix)).toEqual([]);
  },
);
