import { execFileSync, spawnSync } from "node:child_process";
import {
  copyFileSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { commandsOf, shellBlocks } from "../docs/blocks.ts";
import { Stage } from "../docs/stage.ts";
import { HOTP_URI, RFC_CODES } from "../e2e/fob.ts";
import { openTerminal } from "../e2e/terminal.ts";
import { describeWith } from "../requires.ts";
import { isTorture } from "../sampled.ts";
import { makeOld } from "../waiting.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));
const README = readFileSync(join(ROOT, "README.md"), "utf8");

/** All that a newcomer has: Node with its npm, git, and a shell. README says that it is enough. */
const PROGRAMS = ["bash", "git", "node", "npm", "sh"];

/** Installing a hundred packages takes a busy machine its time. */
const timeout = 600_000;

describeWith({ git: "git", tmux: "tmux" }, "a newcomer with Node, git and an empty home", () => {
  const folder = mkdtempSync(join(tmpdir(), "fob-newcomer-"));
  const [home, bin, clone] = ["home", "bin", "clone"].map((name) => join(folder, name)) as [
    string,
    string,
    string,
  ];
  const program = join(home, ".local/bin/fob");
  afterAll(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));

  const env = { PATH: `${bin}:${dirname(program)}`, HOME: home };
  const run = (script: string, input = "", place: { cwd?: string; env?: typeof env } = {}) =>
    spawnSync(join(bin, "sh"), ["-c", script], {
      ...{ cwd: home, env, input, timeout },
      ...place,
      encoding: "utf8",
    });

  beforeAll(() => {
    for (const made of [home, bin]) mkdirSync(made);
    for (const name of PROGRAMS) symlinkSync(pathOf(name), join(bin, name));
    cloneTo(clone);
  });

  test("installs fob with the command of the README, and the clone may go", { timeout }, () => {
    const [, command = ""] = /`(npm run install:global -- --prefix [^`]+)`/.exec(README) ?? [];
    expect(README).toContain(`\n    ${command.replace(/ -- .*/, "")}\n`);
    const { status, stderr } = run(command, "", { cwd: clone, env: { ...env, ...registry() } });
    const remarks = stderr.split("\n").filter((line) => !/^npm notice/.test(line));
    expect({ status, remarks }).toEqual({ status: 0, remarks: [""] });
    expect(lstatSync(join(home, ".local/lib/node_modules/fob")).isSymbolicLink()).toBe(false);
    for (const page of ["man1/fob-pin-set.1", "man7/fob-security.7"])
      expect(existsSync(join(home, ".local/share/man", page))).toBe(true);
    rmSync(clone, { recursive: true });
    expect(run("fob --version").stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  });

  test("is told where the key can be, for want of a keychain, and gets the first passcode", () => {
    const refused = run("fob enroll -", HOTP_URI);
    expect(refused).toMatchObject({ status: 8, stdout: "" });
    expect(refused.stderr).toMatch(/^fob: the system keychain cannot be reached\nhint: /);
    const [, option = ""] = /`(--keychain file)`/.exec(refused.stderr) ?? [];
    expect(run(`fob enroll - ${option}`, HOTP_URI)).toMatchObject({ status: 0 });
    expect(run("fob list").stdout).toMatch(/^ACME\t/);
    expect(run("fob code ACME").stdout).toBe(`${RFC_CODES[0]}\n`);
    expect(existsSync(join(home, ".local/share/fob/vault"))).toBe(true);
    rmSync(join(home, ".local/share/fob"), { recursive: true });
  });

  test("is asked at a terminal who keeps the key, and sees the first passcode", async () => {
    const terminal = openTerminal(home, { ...env, FOB_HOME: "", FOB_KEYCHAIN: "" });
    onTestFinished(() => terminal.close());
    terminal.type("unset -f fob; unset FOB_HOME FOB_KEYCHAIN; fob enroll", "Enter");
    await terminal.see("Enrollment string");
    terminal.type(HOTP_URI, "Enter");
    await terminal.see("Who shall keep the key of the vault?");
    terminal.type("Enter");
    await terminal.see(/^enrolled ACME/m);
    terminal.type("fob code ACME", "Enter");
    expect(await terminal.see(RFC_CODES[0] ?? "")).not.toContain("secret=");
  });

  // test/docs runs them with the program as it was built
  test.runIf(isTorture)("finds that every block of the README works", { timeout }, async () => {
    const stage = new Stage(`'${program}'`);
    onTestFinished(() => stage.remove());
    await stage.build();
    const scripts = shellBlocks(README).flatMap((block) =>
      block.isList ? commandsOf(block) : [block.text],
    );
    expect(scripts.length).toBeGreaterThan(20);
    for (const script of scripts) {
      const { exitCode, stderr } = await stage.run(script);
      const isAsking = exitCode === 5 && /^fob: cannot ask here/m.test(stderr);
      expect({ script, stderr, isFine: exitCode === 0 || isAsking }).toMatchObject({
        isFine: true,
      });
    }
  });
});

/**
 * What leads npm from this machine to its registry, and to the packages that were fetched before.
 */
function registry(): Readonly<Record<string, string | undefined>> {
  const npm = (name: string) =>
    execFileSync("npm", ["config", "get", name], { encoding: "utf8" }).trim();
  const ways = Object.entries(process.env).filter(([name]) => /_proxy$|CERT/i.test(name));
  return {
    ...Object.fromEntries(ways),
    npm_config_registry: npm("registry"),
    npm_config_cache: npm("cache"),
    npm_config_prefer_offline: "true",
  };
}

function pathOf(name: string): string {
  return execFileSync("sh", ["-c", `command -v ${name}`], { encoding: "utf8" }).trim();
}

/** A clone with the files of this one as they are now, and what git does not know yet. */
function cloneTo(folder: string): void {
  execFileSync("git", ["clone", "--quiet", "--no-checkout", ROOT, folder]);
  const list = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
  const names = execFileSync("git", list, { cwd: ROOT, encoding: "utf8" }).split("\0");
  for (const name of names) {
    const from = join(ROOT, name);
    if (name === "" || !lstatSync(from, { throwIfNoEntry: false })?.isFile()) continue;
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    copyFileSync(from, join(folder, name));
  }
  if (isTorture) return;
  // what the build needs was installed here by the same lock file
  symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
  makeOld(join(folder, "package-lock.json"));
}
