import { execFileSync, spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  existsSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { describe, expect, onTestFinished, test } from "vitest";
import { drawQr } from "../../scripts/draw-qr.mjs";
import { filesBelow, HOTP_URI, RFC_CODES } from "../e2e/fob.ts";
import { describeWith } from "../requires.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const { version } = JSON.parse(readFileSync(`${root}/package.json`, "utf8"));

/** Installing a hundred packages and writing a hundred megabytes takes a busy machine its time. */
const timeout = 900_000;

describeWith({ tar: "tar" }, "the npm package", () => {
  test("holds what a user needs, and less than 5 MB of it", () => {
    const unpacked = unpack(pack(temporaryFolder()));
    const files = filesBelow(unpacked).map((path) => path.slice(unpacked.length + 1));
    const sizes = files.map((path) => statSync(join(unpacked, path)).size);
    expect(sizes.reduce((sum, size) => sum + size, 0)).toBeLessThan(5_000_000);
    expect(
      files.filter((path) => !/^(?:bin|completions|dist|docs|man|schema)\//.test(path)).toSorted(),
    ).toEqual([
      "ARCHITECTURE.md",
      "CHANGELOG.md",
      "CONTRIBUTING.md",
      "LICENSE",
      "README.md",
      "package.json",
    ]);
    const generated = ["completions", "docs", "man"].flatMap((folder) =>
      readdirSync(`${root}/${folder}`).map((name) => `${folder}/${name}`),
    );
    expect(files).toEqual(
      expect.arrayContaining(["bin/fob.js", "dist/fob.cjs", "dist/main.cjs", ...generated]),
    );
  });

  test("has no scripts, and nothing that only its developers need", () => {
    const published = JSON.parse(
      readFileSync(join(unpack(pack(temporaryFolder())), "package.json"), "utf8"),
    );
    const { scripts, devDependencies, ...own } = JSON.parse(
      readFileSync(join(root, "package.json"), "utf8"),
    );
    expect(published).toEqual(own);
  });
});

// it installs everything that the build needs once more
describe.runIf(process.env["MODE"] === "torture")("a fresh clone", () => {
  test.each([
    ["npm", ["install", "--global", ".", "--prefix"]],
    ["npm", ["install", "--global", "--install-links", ".", "--prefix"]],
  ])("%s %j installs what works", { timeout }, (command, args) => {
    const [folder, prefix] = [temporaryFolder(), temporaryFolder()];
    const clone = join(folder, "clone");
    run("git", ["clone", "--quiet", root, clone]);
    // what leads to the registry from here, and nothing else of who runs this
    const settings = Object.entries(process.env).filter(([name]) => !/^(?:npm|fob)_/i.test(name));
    const cache = run("npm", ["config", "get", "cache"]).trim();
    const env = {
      ...Object.fromEntries(settings),
      HOME: temporaryFolder(),
      npm_config_cache: cache,
    };
    run(command, [...args, prefix], { cwd: clone, env });
    const isCopy = !lstatSync(join(prefix, "lib/node_modules/fob")).isSymbolicLink();
    expect(isCopy).toBe(args.includes("--install-links"));
    if (isCopy) rmSync(clone, { recursive: true });
    expectToWork(join(prefix, "bin/fob"), { PATH: process.env["PATH"] ?? "" });
  });
});

test("Homebrew and winget are told where a file is and what it must be", () => {
  const folder = temporaryFolder();
  for (const file of [`fob-${version}.tgz`, "fob-win32-x64.exe"])
    writeFileSync(join(folder, file), "");
  run(process.execPath, ["scripts/packages.mjs", folder, "https://fob.test/v1"], { cwd: root });
  const hash = createHash("sha256").digest("hex");
  const formula = readFileSync(join(folder, "fob.rb"), "utf8");
  expect(formula).toContain(`  url "https://fob.test/v1/fob-${version}.tgz"\n  sha256 "${hash}"\n`);
  const manifest = readFileSync(join(folder, "Fob.Fob.yaml"), "utf8");
  expect(manifest).toContain(`\nPackageVersion: ${version}\n`);
  expect(manifest).toContain(
    `    InstallerUrl: https://fob.test/v1/fob-win32-x64.exe\n    InstallerSha256: ${hash}\n`,
  );
  expect(formula + manifest).not.toMatch(/@[A-Z0-9]+@/);
});

describeWith({ "dpkg-deb": "dpkg", lintian: "lintian" }, "the standalone executable", () => {
  // it is made of a hundred megabytes, and takes longer than everything else
  test.runIf(process.env["MODE"] === "torture")(
    "works where there is no Node, also from the Debian package",
    { timeout },
    async () => {
      const folder = temporaryFolder();
      const program = join(folder, `fob-linux-${process.arch}`);
      run(process.execPath, ["scripts/standalone/build.mjs", program], { cwd: root });
      const home = temporaryFolder();
      const env = { PATH: "/nowhere", HOME: home };
      expectToWork(program, env);
      const cache = join(home, ".cache");
      expect(readdirSync(cache)).toHaveLength(1);
      expect(statSync(join(cache, readdirSync(cache)[0] ?? "")).mode & 0o777).toBe(0o700);
      await expectToReadPictures(program, env);
      const unpackedProgram = join(cache, readdirSync(cache)[0] ?? "");
      expectLicenses(unpackedProgram);
      const clipboardPrograms = ["linux/xsel", "windows/clipboard_x86_64.exe"];
      for (const path of clipboardPrograms) {
        const { size } = statSync(join(unpackedProgram, "node_modules/clipboardy/fallbacks", path));
        expect(size).toBeGreaterThan(0);
      }
      const vault = { ...env, FOB_HOME: home, FOB_KEYCHAIN: "file" };
      expect(run(program, ["unlock"], { env: vault })).toMatch(/^unlocked until /);
      expect(run(program, ["code", "ACME"], { env: vault })).toBe(`${RFC_CODES[2]}\n`);
      run(program, ["lock"], { env: vault });
      // where there is no keychain it says so, which takes the native package
      expect(() => run(program, ["list"], { env: { ...vault, FOB_KEYCHAIN: "system" } })).toThrow(
        /keychain/,
      );
      expect(() => run(program, ["--version"], { env: { ...env, HOME: program } })).toThrow(
        /^fob: the standalone program cannot unpack itself: .*\nhint: XDG_CACHE_HOME/m,
      );
      const [debian = ""] = run(
        process.execPath,
        ["scripts/packages.mjs", folder, "https://fob.test/v1"],
        {
          cwd: root,
        },
      ).split("\n");
      const unpacked = temporaryFolder();
      run("dpkg-deb", ["--extract", debian, unpacked]);
      expect(run(join(unpacked, "usr/bin/fob"), ["code", "ACME"], { env: vault })).toBe(
        `${RFC_CODES[3]}\n`,
      );
      const PATH = `${join(unpacked, "usr/bin")}:${process.env["PATH"]}`;
      run("fob", ["config", "set", "askpass.rules", "Code* => ACME"], { env: { ...vault, PATH } });
      expect(run("fob-askpass", ["Code: "], { env: { ...vault, PATH } })).toBe(`${RFC_CODES[4]}\n`);
      for (const path of [
        "man/man1/fob-code.1.gz",
        "bash-completion/completions/fob",
        "zsh/vendor-completions/_fob",
      ]) {
        expect(existsSync(join(unpacked, "usr/share", path))).toBe(true);
      }
      const notices = gunzipSync(
        readFileSync(join(unpacked, "usr/share/doc/fob/third-party.txt.gz")),
      );
      expect(notices.toString()).toBe(readFileSync(join(unpackedProgram, "LICENSES.txt"), "utf8"));
      const { stdout: tags } = spawnSync("lintian", [debian], { encoding: "utf8", timeout });
      expect(tags).toBe("");
      expect(run("dpkg-deb", ["--field", debian, "Package", "Version"])).toBe(
        `Package: fob\nVersion: ${version}\n`,
      );
    },
  );
});

describeWith(
  { "dpkg-deb": "dpkg", "desktop-file-validate": "desktop-file-utils" },
  "the Debian package",
  () => {
    test("lets a user choose fob for links, and changes nobody's choice", () => {
      const folder = temporaryFolder();
      for (const file of ["fob-linux-x64", "fob-linux-x64.licenses.txt"])
        writeFileSync(join(folder, file), "");
      const args = ["scripts/packages.mjs", folder, "https://fob.test/v1"];
      const debian = run(process.execPath, args, { cwd: root }).trim();
      const unpacked = temporaryFolder();
      run("dpkg-deb", ["--raw-extract", debian, unpacked]);
      const entry = join(unpacked, "usr/share/applications/fob.desktop");
      expect(run("desktop-file-validate", [entry])).toBe("");
      expect(readFileSync(entry, "utf8")).toMatch(/^Exec=fob link open --window -- %u$/m);
      expect(readFileSync(entry, "utf8")).toContain(";x-scheme-handler/mobilepassplus;");
      const icon = join(unpacked, "usr/share/icons/hicolor/scalable/apps/fob.svg");
      expect(readFileSync(icon, "utf8")).toMatch(/^<svg /);
      expect(readdirSync(join(unpacked, "DEBIAN"))).toEqual(["control"]);
      expect(filesBelow(unpacked).filter((path) => /mimeapps|defaults\.list/.test(path))).toEqual(
        [],
      );
    });
  },
);

/** Makes the npm package, and returns its path. */
function pack(folder: string): string {
  return run(process.execPath, ["scripts/pack.mjs", folder], { cwd: root }).trim();
}

/** The folder that an npm package holds. */
function unpack(tarball: string): string {
  const folder = temporaryFolder();
  run("tar", ["-xzf", tarball, "-C", folder]);
  return join(folder, "package");
}

/** Enrolls a token in a home of its own, and gets its first passcodes. */
function expectToWork(program: string, env: Readonly<Record<string, string>>): void {
  const all = { ...env, FOB_HOME: env["HOME"] ?? temporaryFolder(), FOB_KEYCHAIN: "file" };
  expect(run(program, ["--version"], { env: all })).toBe(`${version}\n`);
  run(program, ["enroll", "-"], { env: all, input: HOTP_URI });
  expect(run(program, ["code", "ACME"], { env: all })).toBe(`${RFC_CODES[0]}\n`);
  expect(run(program, ["code", "acme"], { env: all })).toBe(`${RFC_CODES[1]}\n`);
}

/** What the text of each kind of licence says. */
const WORDS: Readonly<Record<string, RegExp>> = {
  MIT: /Permission is hereby granted, free of charge|The package says that it is under the MIT/,
  ISC: /Permission to use, copy, modify, and\/or distribute|Permission to use, copy, modify, and distribute/,
  "BSD-3-Clause": /Redistribution and use in source and binary forms/,
  "BSD-2-Clause": /Redistribution and use in source and binary forms/,
  "Apache-2.0": /Apache License/,
  "0BSD": /Permission to use, copy, modify, and\/or distribute/,
  Zlib: /provided 'as-is'/,
  "BlueOak-1.0.0": /Blue Oak Model License/,
  Unlicense: /released into the public domain/,
  "LGPL-3.0-or-later": /GNU LESSER GENERAL PUBLIC LICENSE\s+Version 3/,
};

/** Every package below a folder, and Node, has its licence's text in LICENSES.txt. */
function expectLicenses(folder: string): void {
  const sections = readFileSync(join(folder, "LICENSES.txt"), "utf8").split(/^={80}\n\n/m);
  const textOf = new Map(
    sections.map((section) => [section.slice(0, section.indexOf("\n")), section]),
  );
  const packages = filesBelow(folder)
    .filter((path) => path.endsWith("/package.json"))
    .map((path): Record<string, string> => JSON.parse(readFileSync(path, "utf8")))
    .filter(({ name, version: its }) => name !== undefined && its !== undefined);
  expect(packages.length).toBeGreaterThan(100);
  for (const { name, version: its, license = "its package.json names none" } of packages) {
    const text = textOf.get(`${name} ${its} (${license})`) ?? "";
    const named = Object.entries(WORDS).filter(([kind]) => license.includes(kind));
    const words = named.length > 0 ? named : Object.entries(WORDS);
    expect(
      words.filter(([, pattern]) => pattern.test(text)),
      `${name} ${its} (${license}): ${text}`,
    ).not.toEqual([]);
  }
  expect(textOf.get(`Node.js ${process.versions.node}`)).toMatch(/OpenSSL.*V8|V8.*OpenSSL/s);
  const libvips = [...textOf].find(([heading]) => heading.startsWith("@img/sharp-libvips"))?.[1];
  for (const word of [
    /GNU LESSER GENERAL PUBLIC LICENSE/,
    /GNU GENERAL PUBLIC LICENSE/,
    /lovell\/sharp-libvips/,
  ]) {
    expect(libvips).toMatch(word);
  }
  const bundled = readFileSync(join(folder, "dist/LICENSES.txt"), "utf8").trim();
  expect(textOf.get("Packages in the files of fob itself")).toContain(bundled);
}

/** A small picture, and one so large that a process of its own reads it. */
async function expectToReadPictures(
  program: string,
  env: Readonly<Record<string, string>>,
): Promise<void> {
  const folder = temporaryFolder();
  for (const side of [400, 3_000]) {
    const file = join(folder, `${side}.png`);
    await drawQr(HOTP_URI, { canvas: { width: side, height: side } }).write(
      `${folder}/${side}.png`,
    );
    expect(
      JSON.parse(run(program, ["inspect", "--qr", file, "--json"], { env })).tokens,
    ).toHaveLength(1);
  }
}

function run(
  command: string,
  args: readonly string[],
  options: {
    readonly cwd?: string;
    readonly env?: NodeJS.ProcessEnv;
    readonly input?: string;
  } = {},
): string {
  return execFileSync(command, args, {
    encoding: "utf8",
    stdio: ["pipe", "pipe", "pipe"],
    timeout,
    ...options,
  });
}

function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "fob-packaging-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));
  return folder;
}
