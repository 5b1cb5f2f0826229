import { execFileSync, spawnSync } from "node:child_process";
import {
  chmodSync,
  cpSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { drawQr } from "../../scripts/draw-qr.mjs";
import { homesLike, RFC_SECRET, TOTP_URI } from "./fob.ts";

const ROOT = fileURLToPath(new URL("../../", import.meta.url));

const isPosix = process.platform !== "win32";

const enrolled = homesLike(({ fob }) => fob(["enroll", "-"], { input: TOTP_URI }));

/** A home whose programs keep compiled code, and the folder that they keep it in. */
async function keeping() {
  const made = await enrolled();
  const cache = join(made.home, "cache");
  const env = { NODE_DISABLE_COMPILE_CACHE: "", XDG_CACHE_HOME: cache };
  const run = (...args: readonly string[]) => made.fob(args, { env });
  return { run, cache, folder: join(cache, "fob"), made };
}

function kept(folder: string): string[] {
  return readdirSync(folder).map((name) => name.replace(/^build-[0-9a-f]{16}-.*-/, ""));
}

/** Replaces a text of a file by one of the same length, and leaves the times of the file. */
function edit(path: string, text: string, other: string): void {
  const { atime, mtime } = statSync(path);
  const before = readFileSync(path, "latin1");
  expect(before).toContain(text);
  writeFileSync(path, before.replaceAll(text, other), "latin1");
  utimesSync(path, atime, mtime);
}

describe.runIf(process.platform === "linux")("compiled code", () => {
  const LINES = [
    ["list", "--json"],
    ["code", "exam", "--at", "@59", "--json"],
    ["code", "--all", "--at", "@59"],
    ["show", "nobody"],
    ["lst"],
    ["--version"],
  ];

  test("is kept for this user alone, and changes no answer", async () => {
    const { run, folder, made } = await keeping();
    for (const args of LINES) {
      const without = await made.fob(args);
      const said = [await run(...args), await run(...args), await run(...args)];
      expect({ args, said }).toEqual({ args, said: [without, without, without] });
    }
    expect(kept(folder).sort()).toEqual(["code", "code", "list", "other", "show"]);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    for (const name of readdirSync(folder))
      expect(statSync(join(folder, name)).mode & 0o777).toBe(0o600);
  });

  test("is kept once for all words that are no command", async () => {
    const { run, folder } = await keeping();
    for (const word of ["lst", "shwo", "fob", "constructor", "--no-such-option"]) await run(word);
    expect(kept(folder)).toEqual(["other"]);
  });

  test("is kept of a command that reads a picture, and taken by the next run", async () => {
    const { run, folder, made } = await keeping();
    const picture = join(made.home, "code.png");
    writeFileSync(picture, await drawQr(TOTP_URI, { moduleSize: 4 }).getBuffer("image/png"));
    const first = await run("inspect", "--qr", picture, "--json");
    expect(JSON.parse(first.stdout)).toMatchObject({ enrollable: true });
    const [name = "", ...others] = readdirSync(folder);
    expect([others, kept(folder)]).toEqual([[], ["inspect"]]);
    // code that is not taken is compiled and written once more, to a new file
    const { ino } = statSync(join(folder, name));
    const second = await run("inspect", "--qr", picture, "--json");
    expect([second.exitCode, statSync(join(folder, name)).ino]).toEqual([0, ino]);
  });

  test("has no name, no secret and nothing else of a vault", async () => {
    const { run, folder, made } = await keeping();
    const uri = TOTP_URI.replaceAll("Example", "Zqvxissuer").replaceAll("bob", "zqvxaccount");
    await made.fob(["enroll", "-"], { input: uri });
    await run("code", "zqvxissuer:zqvx");
    await run("show", "zqvx");
    for (const name of readdirSync(folder)) {
      const text = readFileSync(join(folder, name), "latin1");
      expect(text).toContain("answerQuickly".slice(0, 6));
      expect(text).not.toMatch(new RegExp(`zqvx|${RFC_SECRET}|${made.home}`, "i"));
    }
  });

  test.each<[what: string, spoil: (path: string) => void]>([
    ["is cut", (path) => writeFileSync(path, readFileSync(path).subarray(0, 5_000))],
    ["is empty", (path) => writeFileSync(path, "")],
    ["is no list", (path) => writeFileSync(path, "{}\n")],
    ["was changed", (path) => writeFileSync(path, readFileSync(path).fill(0x55, 3_000, 4_000))],
  ])("that %s is made again", async (_, spoil) => {
    const { run, folder } = await keeping();
    const first = await run("list", "--json");
    const [name = ""] = readdirSync(folder);
    spoil(join(folder, name));
    expect(await run("list", "--json")).toEqual(first);
    expect(await run("list", "--json")).toEqual(first);
    expect(statSync(join(folder, name)).size).toBeGreaterThan(10_000);
  });

  test("that was renamed is that of another command, and is made again", async () => {
    const { run, folder } = await keeping();
    const lines = [
      ["list", "--json"],
      ["show", "exam"],
    ] as const;
    const first = [await run(...lines[0]), await run(...lines[1])];
    const [list = "", show = ""] = readdirSync(folder)
      .sort()
      .map((name) => join(folder, name));
    const swapped = { list: readFileSync(show), show: readFileSync(list) };
    writeFileSync(list, swapped.list);
    writeFileSync(show, swapped.show);
    expect([await run(...lines[0]), await run(...lines[1])]).toEqual(first);
    expect(readFileSync(list).equals(swapped.list)).toBe(false);
    expect(readFileSync(show).equals(swapped.show)).toBe(false);
  });

  test("that is a pipe is not waited for", async () => {
    const { run, folder } = await keeping();
    const first = await run("list", "--json");
    const [name = ""] = readdirSync(folder);
    rmSync(join(folder, name));
    execFileSync("mkfifo", ["-m", "600", join(folder, name)]);
    expect(await run("list", "--json")).toEqual(first);
    expect(statSync(join(folder, name)).isFile()).toBe(true);
  });

  test("is of these files: neither of a copy of the program, nor of what they were", async () => {
    const { cache, folder, made } = await keeping();
    const [one, other] = ["one", "other"].map((name) => join(made.home, name)) as [string, string];
    const env = { PATH: process.env["PATH"], HOME: made.home, XDG_CACHE_HOME: cache };
    const said = (program: string) => {
      const args = [join(program, "bin/fob.js"), "show", "nobody"];
      return spawnSync(process.execPath, args, { env: { ...env, FOB_HOME: made.home } }).stderr;
    };
    for (const part of ["bin", "dist", "package.json"])
      cpSync(join(ROOT, part), join(one, part), { recursive: true, preserveTimestamps: true });
    const before = [said(one), said(one)].map(String);
    expect(before[0]).toContain("no token is called");
    cpSync(one, other, { recursive: true, preserveTimestamps: true });
    const parts = join("dist", "parts");
    for (const name of readdirSync(join(other, parts))) {
      const path = join(other, parts, name);
      if (readFileSync(path, "latin1").includes("no token is called"))
        edit(path, "no token is called", "no TOKEN is called");
    }
    expect([said(other), said(other)].map(String).join("")).not.toContain("no token");
    expect([said(one), said(one)].map(String)).toEqual(before);
    const [changed = ""] = readdirSync(join(one, parts)).filter((name) =>
      readFileSync(join(one, parts, name), "latin1").includes("no token is called"),
    );
    edit(join(one, parts, changed), "no token is called", "no ToKeN is called");
    expect(String(said(one))).toContain("no ToKeN is called");
    expect(kept(folder)).toEqual(["show", "show"]);
  });

  test.runIf(isPosix)("that others can write is not run, nor written to", async () => {
    const { run, folder } = await keeping();
    const first = await run("list", "--json");
    const [name = ""] = readdirSync(folder);
    const path = join(folder, name);
    chmodSync(path, 0o666);
    const before = statSync(path).ino;
    expect(await run("list", "--json")).toEqual(first);
    // it was replaced by one that others cannot write
    expect(statSync(path).ino).not.toBe(before);
    chmodSync(folder, 0o777);
    expect(await run("show", "exam")).toMatchObject({ exitCode: 0 });
    expect(readdirSync(folder)).toEqual([name]);
  });

  test("is not kept where nothing can be written, nor where it is switched off", async () => {
    const { run, cache, made } = await keeping();
    writeFileSync(cache, "a file");
    expect(await run("list")).toMatchObject({ exitCode: 0, stderr: "" });
    await made.fob(["list"], { env: { NODE_DISABLE_COMPILE_CACHE: "1" } });
    expect(readdirSync(made.home)).not.toContain(".cache");
  });
});
