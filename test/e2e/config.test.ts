import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { RFC_SECRET, runFob, type TestHome, TOTP_URI, testHome } from "./fob.ts";

function homeWith(
  config: string | Readonly<Record<string, unknown>>,
): TestHome & { readonly path: string } {
  const home = testHome();
  const path = join(home.home, "config.json");
  writeFileSync(path, typeof config === "string" ? config : JSON.stringify(config));
  return { ...home, path };
}

const parse = (path: string) => JSON.parse(readFileSync(path, "utf8"));

describe("fob config", () => {
  test("lists every setting with its default while nobody says anything", async () => {
    const { home } = testHome();
    const { stdout, stderr } = await runFob(["config", "list"], { FOB_HOME: home });
    expect({ stdout, stderr }).toEqual({
      stdout:
        "keychain\tsystem\tdefault\ncolor\tauto\tdefault\nplain\tfalse\tdefault\nclipboard.clear-after\t30\tdefault\nlist.sort\tname\tdefault\n" +
        "code.min-validity\t0\tdefault\npush.poll-seconds\t0\tdefault\npush.notify\tfalse\tdefault\n" +
        "pinentry.program\t\tdefault\naskpass.rules\t\tdefault\naskpass.next\t\tdefault\ntiqr.schemes\t\tdefault\nagent.lifetime\t8h\tdefault\nagent.idle\t1h\tdefault\nagent.lock-with-screen\ttrue\tdefault\nsync.every\tnever\tdefault\n",
      stderr: "",
    });
  });

  test("sets, gets and unsets", async () => {
    const { fob } = testHome();
    expect(await fob(["config", "set", "code.min-validity", "5"])).toEqual({
      stdout: "code.min-validity is 5\n",
      stderr: "",
      exitCode: 0,
    });
    expect((await fob(["config", "get", "code.min-validity"])).stdout).toBe("5\n");
    expect((await fob(["config", "unset", "code.min-validity"])).stdout).toBe(
      "code.min-validity is 0\n",
    );
    expect(await fob(["config", "unset", "code.min-validity"])).toMatchObject({
      stderr: "code.min-validity was not set\n",
      exitCode: 0,
    });
  });

  test("takes an option before the environment, that before the file, and that before the default", async () => {
    const { home, path } = homeWith({ color: "always" });
    const env = { FOB_HOME: home };
    const colorOf = async (args: readonly string[], more = {}) => {
      const { stdout } = await runFob(["config", "get", "color", "--json", ...args], {
        ...env,
        ...more,
      });
      const { value, source, from } = JSON.parse(stdout);
      return [value, source, from];
    };
    expect(await colorOf(["--no-color"], { FORCE_COLOR: "1" })).toEqual([
      "never",
      "option",
      "--no-color",
    ]);
    expect(await colorOf([], { NO_COLOR: "1", FORCE_COLOR: "1" })).toEqual([
      "never",
      "environment",
      "NO_COLOR",
    ]);
    expect(await colorOf([], { FORCE_COLOR: "0" })).toEqual([
      "never",
      "environment",
      "FORCE_COLOR",
    ]);
    expect(await colorOf([], { TERM: "dumb" })).toEqual(["never", "environment", "TERM"]);
    expect(await colorOf([], { NO_COLOR: "" })).toEqual(["always", "config", path]);
    writeFileSync(path, "{}");
    expect(await colorOf([])).toEqual(["auto", "default", null]);
    expect(
      await runFob(["config", "set", "color", "always"], { ...env, NO_COLOR: "1" }),
    ).toMatchObject({
      stdout: "color is never\n",
      stderr: "note: NO_COLOR counts before it: color is never for now\n",
    });
  });

  test("keeps what it does not know, and names it with the nearest setting", async () => {
    const { fob, path } = homeWith({ $schema: "x", colour: "auto", deep: { a: [1] } });
    expect((await fob(["config", "set", "agent.idle", "2h"])).exitCode).toBe(0);
    expect(parse(path)).toEqual({
      $schema: "x",
      colour: "auto",
      deep: { a: [1] },
      "agent.idle": "2h",
    });
    expect((await fob(["config", "list"])).stderr).toBe(
      'warning: config.json has "colour", which is no setting: did you mean color?\n' +
        'warning: config.json has "deep", which is no setting\n',
    );
    expect(JSON.parse((await fob(["doctor", "--json"])).stdout)).toContainEqual(
      expect.objectContaining({
        check: "settings",
        status: "warning",
        message: expect.stringContaining("colour, deep"),
      }),
    );
    expect((await fob(["config", "unset", "deep"])).stdout).toBe("deep is gone\n");
    expect(parse(path)).not.toHaveProperty("deep");
  });

  test.each([
    ['{ "color": "auto", // mine\n}', "is not JSON", "it has comments, and JSON has none"],
    ['# mine\n{ "color": "auto" }', "is not JSON", "it has comments, and JSON has none"],
    ['{ "agent.idle": "//" ', "is not JSON", "correct it, or remove it"],
    ["[]", "is not a JSON object", '{ "code.min-validity": 5 }'],
    [" ".repeat(70_000), "is larger than 64 KiB", ""],
  ])("refuses the file %j with exit code 6, and leaves it", async (text, message, hint) => {
    const { fob, path } = homeWith(text);
    for (const args of [["list"], ["set", "color", "never"], ["unset", "color"]]) {
      const { exitCode, stderr } = await fob(["config", ...args]);
      expect({ exitCode, stderr }).toEqual({
        exitCode: 6,
        stderr: expect.stringContaining(`${path} ${message}`),
      });
      expect(stderr).toContain(hint);
    }
    expect(readFileSync(path, "utf8")).toBe(text);
  });

  test("stops what needs a wrong value, and nothing else, until it is mended", async () => {
    const { fob, path } = homeWith({ "code.min-validity": "5", color: "purple" });
    await fob(["enroll", "-"], { input: TOTP_URI });
    expect(await fob(["code", "Example"])).toEqual({
      stdout: "",
      stderr:
        `fob: code.min-validity is "5" in ${path}: a whole number of seconds from 0 to 3600 is needed\n` +
        "hint: `fob config set code.min-validity VALUE`, or `fob config unset code.min-validity`\n",
      exitCode: 6,
    });
    expect((await fob(["list"])).exitCode).toBe(0);
    expect((await fob(["doctor"])).exitCode).toBe(6);
    expect((await fob(["config", "set", "code.min-validity", "0"])).exitCode).toBe(0);
    expect((await fob(["code", "Example"])).stdout).toMatch(/^\d{8}\n$/);
  });
});

describe("the configuration's file", () => {
  test("is readable by its owner alone, and a link to it stays one", async () => {
    const { home, fob } = testHome();
    mkdirSync(join(home, "dotfiles"));
    const target = join(home, "dotfiles", "fob.json");
    writeFileSync(target, '\ufeff{ "color": "never" }', { mode: 0o644 });
    symlinkSync(target, join(home, "config.json"));
    expect((await fob(["config", "set", "agent.idle", "2h"])).exitCode).toBe(0);
    expect(lstatSync(join(home, "config.json")).isSymbolicLink()).toBe(true);
    expect(parse(target)).toEqual({ color: "never", "agent.idle": "2h" });
    expect(statSync(target).mode & 0o777).toBe(0o600);
    expect(readdirSync(join(home, "dotfiles"))).toEqual(["fob.json"]);
  });

  test("loses nothing when many write at once, or one was ended while it wrote", async () => {
    const keys = Array.from({ length: 12 }, (_, i) => `old-${i}`);
    const { fob, path } = homeWith(Object.fromEntries([...keys, "kept"].map((key) => [key, true])));
    writeFileSync(`${path}.new`, "{");
    utimesSync(`${path}.new`, 0, 0);
    const outcomes = await Promise.all(keys.map((key) => fob(["config", "unset", key])));
    expect(outcomes.map(({ exitCode }) => exitCode)).toEqual(keys.map(() => 0));
    expect(parse(path)).toEqual({ kept: true });
  });

  test.each([
    ["the past", 0],
    ["the future", 4_000_000_000],
  ])("is not held up by what a writer left with a time of %s", async (_, seconds) => {
    const { fob, path } = homeWith({});
    writeFileSync(`${path}.new`, "{");
    utimesSync(`${path}.new`, seconds, seconds);
    expect(await fob(["config", "set", "plain", "true"])).toMatchObject({ exitCode: 0 });
    expect(parse(path)).toEqual({ plain: true });
  });

  test.each([
    ["is a folder", (path: string) => mkdirSync(path)],
    ["is not a file", (path: string) => symlinkSync("nowhere", path)],
  ])("says what is in its way: what %s", async (what, make) => {
    const { fob, path } = homeWith({});
    make(`${path}.new`);
    expect(await fob(["config", "set", "plain", "true"])).toMatchObject({
      exitCode: 8,
      stderr: expect.stringMatching(
        new RegExp(`^fob: \\S+config\\.json\\.new ${what}, and in the way.*\nhint: remove it`),
      ),
    });
    expect(parse(path)).toEqual({});
  });

  test("that cannot be written is said with exit code 8", async () => {
    const { home } = testHome();
    writeFileSync(join(home, "file"), "");
    const outcome = await runFob(["config", "set", "color", "never"], {
      FOB_HOME: join(home, "file"),
    });
    expect(outcome).toMatchObject({
      exitCode: 8,
      stderr: expect.stringMatching(/^fob: cannot create /),
    });
  });
});

describe("a setting counts:", () => {
  test("keychain, when a vault is made, and never against the one that is there", async () => {
    const { home } = homeWith({ keychain: "file" });
    const env = { FOB_HOME: home, HOME: home };
    expect((await runFob(["enroll", "-"], env, { input: TOTP_URI })).exitCode).toBe(0);
    expect(readdirSync(home)).toContain("key");
    await runFob(["config", "set", "keychain", "none"], env);
    expect((await runFob(["code", "Example"], env)).stdout).toMatch(/^\d{8}\n$/);
  });

  test("color, in what is printed", async () => {
    const { fob } = homeWith({ color: "always" });
    await fob(["enroll", "-"], { input: TOTP_URI });
    expect((await fob(["show", "Example"])).stdout).toContain("\u001b[2m");
    expect((await fob(["show", "Example", "--no-color"])).stdout).not.toContain("\u001b");
  });

  test("code.min-validity, also for the shortest command line", async () => {
    const { fob } = homeWith({ "code.min-validity": 60 });
    await fob(["enroll", "-"], { input: `otpauth://totp/Short?secret=${RFC_SECRET}&period=30` });
    for (const args of [
      ["code", "Short"],
      ["code", "Short", "--json"],
    ]) {
      expect(await fob(args)).toMatchObject({
        exitCode: 2,
        stderr: expect.stringContaining("60 s are asked for"),
      });
    }
    expect((await fob(["code", "Short", "--min-validity", "0"])).stdout).toMatch(/^\d{6}\n$/);
  });

  test("agent.lifetime and agent.idle, when an agent is started without options", async () => {
    const { fob } = homeWith({ "agent.lifetime": "20m", "agent.idle": "90s" });
    await fob(["enroll", "-"], { input: TOTP_URI });
    const { stdout } = await fob(["unlock", "--json"]);
    const { unlockedAt, endsAt, idleSeconds } = JSON.parse(stdout);
    await fob(["lock"]);
    expect(Date.parse(endsAt) - Date.parse(unlockedAt)).toBe(20 * 60_000);
    expect(idleSeconds).toBe(90);
  });
});

test("settings that cannot be read hinder no enrollment that needs none", async () => {
  const { home, fob } = testHome();
  await fob(["config", "set", "code.min-validity", "5"]);
  writeFileSync(join(home, "config.json"), "{}\nx");
  const input = "otpauth://totp/new?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
  expect(await fob(["enroll", "-"], { input })).toMatchObject({ exitCode: 0 });
  expect(await fob(["enroll", "-"], { input: "acmeenroll://https://a.example/x" })).toMatchObject({
    exitCode: 6,
    stderr: expect.stringContaining("config.json is not JSON"),
  });
});
