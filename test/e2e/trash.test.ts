import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { runWith } from "../torture/faults.ts";
import { HOTP_URI, type Outcome, RFC_CODES, type TestHome, TOTP_URI, testHome } from "./fob.ts";

const DAY = 86_400_000;

/** Commands that open the vault to change it, or look after it: each looks at the clock. */
const LOOKING: readonly (readonly string[])[] = [
  ["favorite", "Example"],
  ["rename", "Example", "Example"],
  ["access", "domain", "Example", "full"],
  ["doctor"],
];

async function enrolled(): Promise<TestHome> {
  const home = testHome();
  await home.fob(["enroll", "-"], {
    input: [HOTP_URI, TOTP_URI, HOTP_URI.replaceAll("ACME", "old")].join("\n"),
  });
  return home;
}

/** Runs the program so many days ahead. */
const inDays = (home: TestHome, days: number, args: readonly string[]): Promise<Outcome> =>
  runWith(home, args, { clockOffset: days * DAY });

const restorable = async (home: TestHome, days = 0): Promise<string[]> =>
  JSON.parse((await inDays(home, days, ["restore", "--json"])).stdout).map(
    ({ name }: { name: string }) => name,
  );

const idOf = async ({ fob }: TestHome, name: string): Promise<string> =>
  JSON.parse((await fob(["show", name, "--json"])).stdout).id;

const removedFolder = ({ home }: TestHome, id = "") => join(home, "vault", "removed", id);

const checkOf = async ({ fob }: TestHome, check: string, ...args: readonly string[]) =>
  JSON.parse((await fob(["doctor", "--json", ...args])).stdout).find(
    (one: { check: string }) => one.check === check,
  );

/** Makes what lies in a cell's folder unreadable. */
function damage(folder: string): void {
  for (const name of readdirSync(folder)) appendFileSync(join(folder, name), "x");
}

describe("the trash", () => {
  test("keeps what was removed before a clock that runs ahead, whatever is done while it does", async () => {
    const home = await enrolled();
    await home.fob(["remove", "ACME", "--yes"]);
    for (const args of [["remove", "old", "--yes"], ...LOOKING, ...LOOKING]) {
      expect({ args, ...(await inDays(home, 40, args)) }).toMatchObject({ exitCode: 0 });
    }
    expect(await inDays(home, 4_000, ["favorite", "Example"])).toMatchObject({ exitCode: 0 });
    expect(await restorable(home)).toContain("ACME");
    expect(await home.fob(["restore", "ACME"])).toMatchObject({ exitCode: 0 });
    expect((await home.fob(["code", "ACME"])).stdout).toBe(`${RFC_CODES[0]}\n`);
  });

  test.each(LOOKING)("is emptied after thirty days by `fob %s %s`", async (...args) => {
    const home = await enrolled();
    await home.fob(["remove", "ACME", "--yes"]);
    for (const days of [9, 18, 27, 29]) await inDays(home, days, args);
    expect(await restorable(home, 29)).toEqual(["ACME"]);
    expect(await inDays(home, 31, args)).toMatchObject({ exitCode: 0 });
    expect(readdirSync(removedFolder(home))).toEqual([]);
  });

  test("is not looked at by a passcode", async () => {
    const home = await enrolled();
    await home.fob(["remove", "ACME", "--yes"]);
    for (const days of [10, 20, 30, 40, 50]) await inDays(home, days, ["code", "Example"]);
    expect(await restorable(home)).toEqual(["ACME"]);
  });

  test("of an older fob begins its days at the first look", async () => {
    const home = await enrolled();
    await inDays(home, -400, ["remove", "ACME", "--yes"]);
    // what an older fob wrote knows no calendar
    const calendar = join(home.home, "vault", "calendar");
    cpSync(calendar, join(home.home, "kept"), { recursive: true });
    for (const name of readdirSync(calendar)) writeFileSync(join(calendar, name), "");
    await home.fob(["doctor", "--repair"]);
    for (const days of [0, 10, 20, 29]) await inDays(home, days, ["favorite", "Example"]);
    expect(await restorable(home)).toEqual(["ACME"]);
    await inDays(home, 32, ["favorite", "Example"]);
    expect(readdirSync(removedFolder(home))).toEqual([]);
  });

  test("that cannot be emptied fails no command that is done", async () => {
    const home = await enrolled();
    await home.fob(["remove", "ACME", "--yes"]);
    const calendar = join(home.home, "vault", "calendar");
    rmSync(calendar, { recursive: true });
    writeFileSync(calendar, "");
    // what is damaged is for `doctor` to tell
    expect(await home.fob(["favorite", "Example"])).toMatchObject({ exitCode: 0, stderr: "" });
    expect(await home.fob(["remove", "old", "--yes"])).toMatchObject({ exitCode: 0 });
    expect(await checkOf(home, "trash", "--repair")).toMatchObject({ status: "ok" });
    expect((await home.fob(["favorite", "Example"])).stderr).toBe("");
  });

  test("whose folder cannot be read is told of after a command that is done", async () => {
    const home = await enrolled();
    writeFileSync(join(home.home, "vault", "removed"), "");
    const warning = /^warning: removed tokens could not be looked through: [^\n]+$/;
    const { exitCode, stderr } = await home.fob(["favorite", "Example"]);
    expect([exitCode, stderr.trimEnd()]).toEqual([0, expect.stringMatching(warning)]);
    const inJson = await home.fob(["favorite", "Example", "--json"]);
    expect([inJson.exitCode, JSON.parse(inJson.stderr)]).toEqual([
      0,
      { note: { message: expect.stringMatching(warning) } },
    ]);
  });
});

describe("one damaged token in the trash", () => {
  async function withDamaged(): Promise<TestHome & { readonly id: string }> {
    const home = await enrolled();
    const id = await idOf(home, "old");
    await home.fob(["remove", "old", "ACME", "--yes"]);
    damage(removedFolder(home, id));
    return { ...home, id };
  }

  test("stops no other from being restored, and is said to be left out", async () => {
    const home = await withDamaged();
    const listed = await home.fob(["restore"]);
    expect(listed).toMatchObject({
      exitCode: 0,
      stderr: expect.stringContaining("1 removed token"),
    });
    expect(listed.stdout).toMatch(/^ACME\t/);
    expect(await home.fob(["restore", "ACME"])).toMatchObject({
      stdout: "restored ACME\n",
      exitCode: 0,
    });
    expect(await home.fob(["restore", home.id])).toMatchObject({ exitCode: 6, stdout: "" });
  });

  test("stops neither replacing nor removing nor the days of others", async () => {
    const home = await withDamaged();
    await home.fob(["restore", "ACME"]);
    const replacing = await home.fob(["enroll", "--replace", "-"], { input: HOTP_URI });
    expect(replacing).toMatchObject({ exitCode: 0 });
    expect(await home.fob(["remove", "Example", "--yes"])).toMatchObject({
      exitCode: 0,
      stdout: "removed Example\n",
    });
    for (const days of [10, 20, 31, 41]) await inDays(home, days, ["favorite", "ACME"]);
    expect(readdirSync(removedFolder(home))).toEqual([home.id]);
  });

  test("is found by doctor, which puts it aside when told to", async () => {
    const home = await withDamaged();
    expect(await checkOf(home, "trash")).toMatchObject({
      status: "failed",
      message: expect.stringContaining(home.id),
    });
    expect(await checkOf(home, "trash", "--repair")).toMatchObject({ status: "ok" });
    expect(await checkOf(home, "trash")).toMatchObject({ status: "ok" });
    expect(
      readdirSync(join(home.home, "vault")).filter((name) => name.startsWith("damaged-")),
    ).toHaveLength(1);
    expect(await home.fob(["doctor"])).toMatchObject({ exitCode: 0 });
  });

  test("may be a file where a folder should be", async () => {
    const home = await enrolled();
    await home.fob(["remove", "ACME", "--yes"]);
    writeFileSync(removedFolder(home, "0123456789abcdef"), "");
    expect(await restorable(home)).toEqual(["ACME"]);
    expect(await checkOf(home, "trash")).toMatchObject({ status: "failed" });
    expect(await checkOf(home, "trash", "--repair")).toMatchObject({ status: "ok" });
    expect(await checkOf(home, "trash")).toMatchObject({ status: "ok" });
  });

  test("or a damaged calendar stops no removal", async () => {
    const home = await enrolled();
    await home.fob(["remove", "old", "--yes"]);
    damage(join(home.home, "vault", "calendar"));
    expect(await home.fob(["remove", "ACME", "--yes"])).toMatchObject({ exitCode: 0 });
    expect(await checkOf(home, "trash")).toMatchObject({ status: "failed" });
    expect(await checkOf(home, "trash", "--repair")).toMatchObject({ status: "ok" });
    expect(await checkOf(home, "trash")).toMatchObject({ status: "ok" });
    expect((await restorable(home)).sort()).toEqual(["ACME", "old"]);
  });
});

describe("a token that is in use and removed at once", () => {
  /** ACME in use at counter 1, and in the trash at counter 3. */
  async function doubled(): Promise<TestHome & { readonly id: string }> {
    const home = await enrolled();
    const id = await idOf(home, "ACME");
    await home.fob(["code", "ACME"]);
    const [inUse, early] = [join(home.home, "vault", "tokens", id), join(home.home, "early")];
    cpSync(inUse, early, { recursive: true });
    await home.fob(["code", "ACME"]);
    await home.fob(["code", "ACME"]);
    await home.fob(["remove", "ACME", "--yes"]);
    mkdirSync(inUse);
    cpSync(early, inUse, { recursive: true });
    await home.fob(["doctor", "--repair"]);
    return { ...home, id };
  }

  test("is mended by doctor, and repeats no passcode", async () => {
    const home = await doubled();
    expect(existsSync(removedFolder(home, home.id))).toBe(false);
    expect((await home.fob(["code", "ACME"])).stdout).toBe(`${RFC_CODES[3]}\n`);
    expect(await checkOf(home, "trash")).toMatchObject({ status: "ok" });
  });

  test.each([
    [
      ["remove", "ACME", "--yes"],
      ["restore", "ACME"],
    ],
    [["restore", "ACME"]],
  ])("goes on with the higher counter through %j %j", async (...commands) => {
    const home = await doubled();
    const [inUse, trash] = [
      join(home.home, "vault", "tokens", home.id),
      removedFolder(home, home.id),
    ];
    cpSync(inUse, trash, { recursive: true });
    expect(await checkOf(home, "trash")).toMatchObject({ status: "warning" });
    for (const args of commands)
      expect({ args, ...(await home.fob(args)) }).toMatchObject({ exitCode: 0 });
    expect((await home.fob(["code", "ACME"])).stdout).toBe(`${RFC_CODES[3]}\n`);
    expect(await checkOf(home, "trash")).toMatchObject({ status: "ok" });
  });

  test("comes back from the trash where the one in use is damaged", async () => {
    const home = await enrolled();
    const id = await idOf(home, "ACME");
    cpSync(join(home.home, "vault", "tokens", id), removedFolder(home, id), { recursive: true });
    damage(join(home.home, "vault", "tokens", id));
    expect(await home.fob(["restore", "ACME"])).toMatchObject({ exitCode: 0 });
    expect((await home.fob(["code", "ACME"])).stdout).toBe(`${RFC_CODES[0]}\n`);
    expect(await home.fob(["doctor"])).toMatchObject({ exitCode: 0 });
  });
});
