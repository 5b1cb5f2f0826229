import { spawn } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { describeWith } from "../requires.ts";
import { makeOld } from "../waiting.ts";
import { FOB, homesLike, RFC_SECRET, type TestHome, TOTP_URI, testHome } from "./fob.ts";
import { atTerminal } from "./terminal-person.ts";

const CODES = "1. a1b2c-d3e4f\n2. b1b2c-d3e4f\n3. c1b2c-d3e4f\n";
const PIN = { env: { FOB_PIN: "748291" } };

/** A home with a token that has a PIN, a note and recovery codes. */
const guarded = homesLike(async ({ fob }) => {
  await fob(["enroll", "-"], { input: TOTP_URI });
  await fob(["note", "Example", "in the safe"]);
  await fob(["codes", "add", "Example", "-"], { input: CODES });
  await fob(["pin", "set", "Example"], PIN);
});

const json = async ({ fob }: TestHome, args: readonly string[], more = {}) =>
  JSON.parse((await fob([...args, "--json"], more)).stdout || "null");

describe("a note and recovery codes", () => {
  test("open with the token's PIN only, also after it was changed and removed", async () => {
    const home = await guarded();
    const { fob } = home;
    expect((await fob(["codes", "Example"])).exitCode).toBe(5);
    expect((await fob(["codes", "Example"], { env: { FOB_PIN: "748292" } })).exitCode).toBe(4);
    expect((await fob(["note", "Example", "--remove"])).exitCode).toBe(5);
    expect((await fob(["codes", "Example"], PIN)).stdout).toBe("a1b2c-d3e4f\n");
    const change = { env: { FOB_PIN: "748291\n592817\n592817" } };
    expect((await fob(["pin", "change", "Example"], change)).exitCode).toBe(0);
    expect((await fob(["codes", "Example"], PIN)).exitCode).toBe(4);
    const now = { env: { FOB_PIN: "592817" } };
    expect((await fob(["codes", "Example"], now)).stdout).toBe("b1b2c-d3e4f\n");
    expect((await fob(["pin", "remove", "Example"], now)).exitCode).toBe(0);
    expect(await json(home, ["show", "Example", "--note"])).toMatchObject({
      note: "in the safe",
      codesLeft: 1,
    });
    const listed = JSON.stringify(await json(home, ["list"]));
    expect(listed).not.toMatch(/safe|b2c-d3e4f|codesLeft/);
  });

  test("are in a backup, used codes as used ones, and in a vault of Aegis", async () => {
    const home = await guarded();
    const { fob } = home;
    expect((await fob(["codes", "Example"], PIN)).exitCode).toBe(0);
    const backup = join(home.home, "tokens.age");
    const passphrase = "a long passphrase";
    const made = { env: { FOB_PIN: `748291\n${passphrase}` } };
    expect((await fob(["backup", backup], made)).stderr).toBe("");
    const other = testHome();
    const restored = { env: { FOB_PIN: `${passphrase}\n592817` } };
    expect((await other.fob(["restore", backup], restored)).exitCode).toBe(0);
    expect(await json(other, ["codes", "list"])).toMatchObject([{ left: 2, total: 3 }]);
    const now = { env: { FOB_PIN: "592817" } };
    expect(await json(other, ["show", "Example", "--note"], now)).toMatchObject({
      note: "in the safe",
    });
    expect((await other.fob(["codes", "Example"], now)).stdout).toBe("b1b2c-d3e4f\n");
    // what the backup of a newer vault has as used is used in an older one, too
    const newer = join(other.home, "newer.age");
    const again = { env: { FOB_PIN: `592817\n${passphrase}` } };
    expect((await other.fob(["backup", newer], again)).exitCode).toBe(0);
    expect((await fob(["restore", newer], { env: { FOB_PIN: passphrase } })).exitCode).toBe(0);
    expect((await fob(["codes", "Example"], PIN)).stdout).toBe("c1b2c-d3e4f\n");
    const aegis = await other.fob(["export", "--format", "aegis", "--unencrypted"], now);
    expect(JSON.parse(aegis.stdout).db.entries).toMatchObject([{ note: "in the safe" }]);
    const third = testHome();
    writeFileSync(join(third.home, "aegis.json"), aegis.stdout);
    expect((await third.fob(["import", join(third.home, "aegis.json")])).exitCode).toBe(0);
    expect(await json(third, ["show", "Example", "--note"])).toMatchObject({ note: "in the safe" });
  });

  test("that cannot be read keep no token out of a backup, and doctor puts them aside", async () => {
    const home = testHome();
    const { fob } = home;
    await fob(["enroll", "-"], { input: TOTP_URI });
    await fob(["note", "Example", "in the safe"]);
    await fob(["codes", "add", "Example", "-"], { input: CODES });
    const [id = ""] = readdirSync(join(home.home, "vault/tokens"));
    const note = join(home.home, "vault/tokens", id, "note/1");
    writeFileSync(note, "damaged");
    makeOld(note);
    const backup = join(home.home, "tokens.age");
    const passphrase = { env: { FOB_PIN: "a long passphrase" } };
    expect(await fob(["backup", backup], passphrase)).toMatchObject({
      exitCode: 6,
      stderr: expect.stringMatching(/^fob: Example: .*note\/1 is damaged/),
    });
    const other = testHome();
    expect(await other.fob(["restore", backup], passphrase)).toMatchObject({ exitCode: 0 });
    expect(await json(other, ["codes", "list"])).toMatchObject([{ left: 3, total: 3 }]);
    expect(await json(home, ["doctor", "--repair"])).toContainEqual(
      expect.objectContaining({ check: "belongings", status: "warning" }),
    );
    expect((await fob(["note", "Example", "anew"])).exitCode).toBe(0);
    expect(await json(home, ["show", "Example", "--note"])).toMatchObject({ note: "anew" });
  });

  test("come back used where a removed copy has given them", async () => {
    const home = testHome();
    const { fob } = home;
    await fob(["enroll", "-"], { input: TOTP_URI });
    await fob(["codes", "add", "Example", "-"], { input: CODES });
    const backup = join(home.home, "tokens.age");
    const passphrase = { env: { FOB_PIN: "a long passphrase" } };
    await fob(["backup", backup], passphrase);
    const next = async () => (await fob(["codes", "Example"])).stdout;
    expect(await next()).toBe("a1b2c-d3e4f\n");
    await fob(["remove", "Example", "--yes"]);
    const [{ id }] = await json(home, ["restore"]);
    expect((await fob(["restore", backup], passphrase)).exitCode).toBe(0);
    expect(await json(home, ["codes", "list"])).toMatchObject([{ left: 2, total: 3 }]);
    expect(await next()).toBe("b1b2c-d3e4f\n");
    // the older copy takes the place of the newer one
    await fob(["remove", "Example", "--yes"]);
    expect((await fob(["restore", id])).exitCode).toBe(0);
    expect(await json(home, ["codes", "list"])).toMatchObject([{ left: 1, total: 3 }]);
    expect(await next()).toBe("c1b2c-d3e4f\n");
  });

  test("are out of reach for a grant, and an agent only counts codes", async () => {
    const home = testHome();
    const { fob } = home;
    await fob(["enroll", "-"], { input: TOTP_URI });
    await fob(["note", "Example", "in the safe"]);
    await fob(["codes", "add", "Example", "-"], { input: CODES });
    const { stdout } = await fob(["access", "grant", "ci", "--token", "Example"]);
    const grant = { env: { FOB_GRANT: stdout.trim() } };
    expect((await fob(["code", "Example"], grant)).exitCode).toBe(0);
    for (const args of [
      ["show", "Example", "--note"],
      ["note", "Example", "mine"],
      ["codes", "Example"],
      ["codes", "list"],
    ])
      expect((await fob(args, grant)).exitCode, args.join(" ")).toBe(4);
    await fob(["pin", "set"], PIN);
    await fob(["unlock"], PIN);
    expect((await fob(["codes", "list"])).stdout).toContain("3\t3");
    expect((await fob(["codes", "Example"])).exitCode).toBe(5);
    expect((await fob(["codes", "Example"], PIN)).stdout).toBe("a1b2c-d3e4f\n");
    expect((await fob(["show", "Example", "--note"])).exitCode).toBe(5);
    await fob(["lock"]);
  });

  test("warn when two codes are left, and doctor counts them anew", async () => {
    const home = testHome();
    const { fob } = home;
    await fob(["enroll", "-"], { input: TOTP_URI });
    await fob(["codes", "add", "Example", "-"], { input: CODES });
    expect((await fob(["list"])).stderr).toBe("");
    expect((await fob(["codes", "Example"])).stderr).toContain("2 recovery codes of Example left");
    expect((await fob(["list"])).stderr).toBe("few codes are left: Example (2)\n");
    const left = join(home.home, "vault", "codes-left");
    for (const name of readdirSync(left)) writeFileSync(join(left, name), "damaged");
    expect((await fob(["list"])).exitCode).toBe(0);
    const check = { check: "codes", status: "warning" };
    expect(await json(home, ["doctor", "--repair"])).toMatchObject(
      expect.arrayContaining([expect.objectContaining(check)]),
    );
    expect(await json(home, ["codes", "list"])).toMatchObject([{ left: 2 }]);
  });
});

test("what Ente keeps beside a token is enrolled with it", async () => {
  const home = testHome();
  const display = encodeURIComponent('{"pinned":true,"note":"text","tags":["a"]}');
  const input = `${TOTP_URI}&codeDisplay=${display}`;
  expect((await home.fob(["enroll", "--tag", "mine", "-"], { input })).exitCode).toBe(0);
  expect(await json(home, ["show", "Example", "--note"])).toMatchObject({
    ...{ favorite: true, tags: ["mine", "a"], note: "text" },
  });
});

test("an export counts what it does not take, and Aegis takes all but codes", async () => {
  const home = testHome();
  const { fob } = home;
  await fob(["enroll", "--tag", "work", "-"], { input: TOTP_URI });
  await fob(["favorite", "Example"]);
  await fob(["note", "Example", "in the safe"]);
  const beside = "1 note, the tags of 1 token, 1 mark as a favorite";
  const all = "`fob backup` takes all of it\n";
  const exported = async (...args: string[]) => (await fob(["export", ...args])).stderr;
  for (const format of ["uri", "migration"])
    expect(await exported("--format", format)).toBe(`not in the export: ${beside}; ${all}`);
  const plain = ["--unencrypted", "--format"];
  for (const format of ["pskc", "privacyidea"])
    expect(await exported(...plain, format)).toBe(`not in the export: ${beside}; ${all}`);
  expect(await exported(...plain, "aegis")).toBe("");
  await fob(["codes", "add", "Example", "-"], { input: CODES });
  expect(await exported(...plain, "aegis")).toBe(`not in the export: 3 recovery codes; ${all}`);
  const file = join(home.home, "aegis.json");
  writeFileSync(file, (await fob(["export", ...plain, "aegis"])).stdout);
  const other = testHome();
  expect(await json(other, ["import", file, "--dry-run"])).toMatchObject([{ favorite: true }]);
  expect((await other.fob(["import", file])).stderr).toBe("");
  expect(await json(other, ["show", "Example", "--note"])).toMatchObject({
    ...{ favorite: true, tags: ["work"], note: "in the safe" },
  });
});

describe("an account that is enrolled anew", () => {
  /** The same account with another secret. */
  const NEW_URI = TOTP_URI.replace(RFC_SECRET, [...RFC_SECRET].reverse().join(""));

  /** A home with a favorite that has tags, a note, and codes of which one was given. */
  const kept = homesLike(async ({ fob }) => {
    await fob(["enroll", "--tag", "work,home", "-"], { input: TOTP_URI });
    await fob(["favorite", "Example"]);
    await fob(["note", "Example", "in the safe"]);
    await fob(["codes", "add", "Example", "-"], { input: CODES });
    await fob(["codes", "Example"]);
  });

  test.each([
    ["enroll", NEW_URI],
    ["import", NEW_URI],
    // the same secret
    ["enroll", TOTP_URI],
  ] as const)("by %s --replace keeps its tags, note and codes", async (command, uri) => {
    const home = await kept();
    const { fob } = home;
    const file = join(home.home, "uris.txt");
    writeFileSync(file, `${uri}\n`);
    const source = command === "import" ? file : "-";
    const replaced = await fob([command, source, "--replace"], { input: uri });
    expect(replaced).toMatchObject({ exitCode: 0, stderr: "" });
    expect(await json(home, ["show", "Example", "--note"])).toMatchObject({
      ...{ favorite: true, tags: ["work", "home"], note: "in the safe", codesLeft: 2 },
    });
    expect((await fob(["codes", "Example"])).stdout).toBe("b1b2c-d3e4f\n");
    expect(await json(home, ["codes", "list"])).toMatchObject([{ left: 1, total: 3 }]);
  });

  test("is used no more freely than before", async () => {
    const home = await kept();
    await home.fob(["access", "confirm", "Example", "always"]);
    await home.fob(["access", "domain", "Example", "FF"]);
    await home.fob(["enroll", "-", "--replace"], { input: NEW_URI });
    expect(await json(home, ["show", "Example"])).toMatchObject({
      ...{ confirm: "always", accessDomain: "FF" },
    });
  });

  test("adds what it brings to what is there", async () => {
    const home = await kept();
    const other = testHome();
    const file = join(home.home, "aegis.json");
    await other.fob(["enroll", "--tag", "Work,new", "-"], { input: NEW_URI });
    await other.fob(["note", "Example", "in the drawer"]);
    const { stdout } = await other.fob(["export", "--format", "aegis", "--unencrypted"]);
    writeFileSync(file, stdout);
    expect((await home.fob(["import", file, "--replace"])).exitCode).toBe(0);
    expect(await json(home, ["show", "Example", "--note"])).toMatchObject({
      ...{ favorite: true, tags: ["Work", "new", "home"], codesLeft: 2 },
      note: "in the drawer\n\nin the safe",
    });
  });

  test("gives no code that its former token gives, and takes none back with it", async () => {
    const home = await kept();
    const { fob } = home;
    await fob(["enroll", "-", "--replace"], { input: NEW_URI });
    expect((await fob(["codes", "Example"])).stdout).toBe("b1b2c-d3e4f\n");
    // beside the new one, it has none left
    const beside = await fob(["restore", "Example"]);
    expect(beside.stderr).toBe(
      "2 recovery codes of Example 2 left out, because another token has them or has given them\n",
    );
    expect((await fob(["codes", "Example 2"])).exitCode).toBe(3);
    expect((await fob(["show", "Example 2", "--note"])).stdout).toContain("in the safe");
    // and nobody is to renew what is not lost
    expect((await fob(["list"])).stderr).toContain("few codes are left: Example (1)\n");
    expect((await fob(["doctor"])).stdout).not.toContain("Example 2");
    // in place of the new one, it has what that one has not given
    const undone = await kept();
    await undone.fob(["enroll", "-", "--replace"], { input: NEW_URI });
    expect((await undone.fob(["codes", "Example"])).stdout).toBe("b1b2c-d3e4f\n");
    await undone.fob(["remove", "Example", "--yes"]);
    const [, { id }] = await json(undone, ["restore"]);
    expect((await undone.fob(["restore", id])).exitCode).toBe(0);
    expect((await undone.fob(["codes", "Example"])).stdout).toBe("c1b2c-d3e4f\n");
  });

  test("gives no code twice, however many ask for one while it is replaced", async () => {
    const home = await kept();
    const { fob } = home;
    const given: string[] = [];
    const asking = Array.from({ length: 4 }, async () => {
      const { stdout, stderr, exitCode } = await fob(["codes", "Example"]);
      if (exitCode === 0) given.push(stdout.trim());
      // the token that it found may be gone a moment later
      else expect(stderr).toMatch(/no longer|no recovery code of Example is left|is replacing/);
    });
    expect((await fob(["enroll", "-", "--replace"], { input: NEW_URI })).exitCode).toBe(0);
    await Promise.all(asking);
    for (;;) {
      const { stdout, exitCode } = await fob(["codes", "Example"]);
      if (exitCode !== 0) break;
      given.push(stdout.trim());
    }
    expect(given.sort()).toEqual(["b1b2c-d3e4f", "c1b2c-d3e4f"]);
  });

  test("remembers what was given of a list that another one has replaced", async () => {
    const home = await kept();
    const { fob } = home;
    const add = (input: string) => fob(["codes", "add", "Example", "-", "--replace"], { input });
    await add("x1b2c-d3e4f\n");
    await fob(["enroll", "-", "--replace"], { input: NEW_URI });
    expect((await add(CODES)).stdout).toBe("2 recovery codes added to Example: 2 left\n");
    expect((await fob(["codes", "Example"])).stdout).toBe("b1b2c-d3e4f\n");
  });

  /** A backup's passphrase. */
  const PASSPHRASE = { env: { FOB_PIN: "a long passphrase" } };

  /** {@link kept}, a backup of it, and after that another list in place of its codes. */
  const renewed = async () => {
    const home = await kept();
    const backup = join(home.home, "tokens.age");
    expect((await home.fob(["backup", backup], PASSPHRASE)).exitCode).toBe(0);
    const newer = { input: "x1b2c-d3e4f\ny1b2c-d3e4f\n" };
    await home.fob(["codes", "add", "Example", "-", "--replace"], newer);
    return { home, backup };
  };

  test("takes no list back that another one has replaced, with an older backup", async () => {
    const { home, backup } = await renewed();
    const { fob } = home;
    expect((await fob(["restore", backup, "--replace"], PASSPHRASE)).exitCode).toBe(0);
    expect(await json(home, ["codes", "list"])).toMatchObject([{ left: 2, total: 2 }]);
    expect((await fob(["codes", "Example"])).stdout).toBe("x1b2c-d3e4f\n");
    // what was replaced by mistake may still be put back, but for what was given
    const old = await fob(["codes", "add", "Example", "-", "--replace"], { input: CODES });
    expect(old.stdout).toBe("2 recovery codes added to Example: 2 left\n");
    // and is replaced no more
    await fob(["remove", "Example", "--yes"]);
    expect((await fob(["restore", backup], PASSPHRASE)).exitCode).toBe(0);
    expect((await fob(["codes", "Example"])).stdout).toBe("b1b2c-d3e4f\n");
  });

  test.each([
    ["removed", ["remove", "Example", "--yes"]],
    ["replaced", ["enroll", "-", "--replace"]],
  ])("takes no such list back from the backup of a token that was %s", async (_, leave) => {
    const { home, backup } = await renewed();
    const { fob } = home;
    const [{ id }] = await json(home, ["list"]);
    expect((await fob(leave, { input: NEW_URI })).exitCode).toBe(0);
    const restored = await fob(["restore", backup, "--keep-both"], PASSPHRASE);
    expect(restored.stderr).toContain(
      `2 recovery codes left out, because another list has replaced them (at the token ${id})`,
    );
    const [name = ""] = /Example.*/.exec(restored.stdout) ?? [];
    expect((await fob(["codes", name])).exitCode).toBe(3);
  });

  test("shares no code with its former token where a backup has brought the same ones", async () => {
    const { backup } = await renewed();
    const { fob } = testHome();
    await fob(["enroll", "-"], { input: NEW_URI });
    await fob(["codes", "add", "Example", "-"], { input: CODES });
    expect((await fob(["restore", backup, "--replace"], PASSPHRASE)).exitCode).toBe(0);
    expect((await fob(["codes", "Example"])).stdout).toBe("b1b2c-d3e4f\n");
    expect((await fob(["restore", "Example"])).stderr).toContain("another token has them");
    expect((await fob(["codes", "Example 2"])).exitCode).toBe(3);
    expect((await fob(["codes", "Example"])).stdout).toBe("c1b2c-d3e4f\n");
  });

  test("is refused the codes that a token with the same secret has", async () => {
    const { fob } = testHome();
    for (const name of ["one", "two"])
      expect((await fob(["enroll", "-", "--name", name], { input: RFC_SECRET })).exitCode).toBe(0);
    expect((await fob(["codes", "add", "one", "-"], { input: CODES })).exitCode).toBe(0);
    expect(await fob(["codes", "add", "two", "-"], { input: CODES })).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining("one has the same secret, and these recovery codes already"),
    });
    const further = await fob(["codes", "add", "two", "-"], { input: "x1b2c-d3e4f\n" });
    expect(further.exitCode).toBe(0);
  });

  test("leaves its former token restorable by name, though a later copy is in use", async () => {
    const home = await kept();
    const { fob } = home;
    for (const uri of [NEW_URI, NEW_URI])
      expect((await fob(["enroll", "-", "--replace"], { input: uri })).exitCode).toBe(0);
    const removed = await json(home, ["restore"]);
    expect(removed.map(({ name }: { name: string }) => name)).toEqual(["Example", "Example"]);
    expect(await fob(["restore", "Example"])).toMatchObject({
      exitCode: 0,
      stdout: "restored Example 2\n",
      stderr: expect.stringContaining("still removed: 1 token of that name"),
    });
    const [{ id }] = await json(home, ["restore"]);
    expect(await fob(["restore", "Example"])).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining(`\`fob remove Example\` and then \`fob restore ${id}\``),
    });
  });

  test("knows what its removed token has given, when the same list is added again", async () => {
    const home = await kept();
    const { fob } = home;
    await fob(["remove", "Example", "--yes"]);
    await fob(["enroll", "-", "--name", "again"], { input: TOTP_URI });
    expect((await fob(["codes", "add", "again", "-"], { input: CODES })).stdout).toBe(
      "3 recovery codes added to again: 2 left\n",
    );
    expect((await fob(["codes", "again"])).stdout).toBe("b1b2c-d3e4f\n");
  });

  test("shares no code with its former token where the same list was added again", async () => {
    const home = await kept();
    const { fob } = home;
    await fob(["remove", "Example", "--yes"]);
    await fob(["enroll", "-"], { input: NEW_URI });
    // what the removed one has given is used, and the rest is here from now on
    expect(await fob(["codes", "add", "Example", "-"], { input: CODES })).toMatchObject({
      stdout: "3 recovery codes added to Example: 2 left\n",
      stderr: "1 code of them given before\n",
    });
    expect((await fob(["codes", "Example"])).stdout).toBe("b1b2c-d3e4f\n");
    expect((await fob(["restore", "Example"])).stderr).toContain(
      "2 recovery codes of Example 2 left out, because another token has them",
    );
    expect((await fob(["codes", "Example 2"])).exitCode).toBe(3);
    // that the former one let them go does not take them from the one that has them
    await fob(["remove", "Example", "--yes"]);
    expect((await fob(["restore", "Example"])).stderr).toBe("");
    expect((await fob(["codes", "Example"])).stdout).toBe("c1b2c-d3e4f\n");
  });

  test("shares none with a copy that a backup brings beside it", async () => {
    const { backup } = await renewed();
    const { fob } = testHome();
    await fob(["enroll", "-"], { input: NEW_URI });
    const list = { input: "x1b2c-d3e4f\n" };
    await fob(["codes", "add", "Example", "-"], { input: CODES });
    expect((await fob(["codes", "Example"])).stdout).toBe("a1b2c-d3e4f\n");
    const restored = await fob(["restore", backup, "--keep-both"], PASSPHRASE);
    const [name = ""] = /Example.*/.exec(restored.stdout) ?? [];
    expect((await fob(["codes", name])).stderr).toContain("no recovery code of");
    expect((await fob(["codes", "Example"])).stdout).toBe("b1b2c-d3e4f\n");
    expect((await fob(["codes", "add", name, "-"], list)).exitCode).toBe(0);
    expect((await fob(["codes", name])).stdout).toBe("x1b2c-d3e4f\n");
  });

  test("shares none where it has another name and the same secret", async () => {
    const home = testHome();
    const { fob } = home;
    await fob(["enroll", "-", "--name", "one"], { input: RFC_SECRET });
    await fob(["codes", "add", "one", "-"], { input: CODES });
    await fob(["remove", "one", "--yes"]);
    await fob(["enroll", "-", "--name", "two"], { input: RFC_SECRET });
    expect((await fob(["codes", "add", "two", "-"], { input: CODES })).exitCode).toBe(0);
    await fob(["rename", "two", "three"]);
    await fob(["restore", "one"]);
    expect((await fob(["codes", "one"])).exitCode).toBe(3);
    expect((await fob(["codes", "three"])).stdout).toBe("a1b2c-d3e4f\n");
  });

  test("is refused the codes that a token of its account has", async () => {
    const home = await kept();
    const { fob } = home;
    expect((await fob(["enroll", "-", "--name", "other"], { input: NEW_URI })).exitCode).toBe(0);
    const given = await fob(["codes", "add", "other", "-"], { input: "a1b2c-d3e4f\n" });
    expect(given.stdout).toBe("1 recovery code added to other: 0 left\n");
    expect(await fob(["codes", "add", "other", "-"], { input: CODES })).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining("Example is of the same account, and has these recovery"),
    });
    await fob(["pin", "set", "Example"], PIN);
    expect((await fob(["codes", "add", "other", "-"], { input: CODES })).stderr).toContain(
      "not compared with 3 recovery codes of Example, which is of the same account",
    );
  });

  test("leaves behind a PIN what only the PIN opens, and says so", async () => {
    const home = await guarded();
    const { fob } = home;
    expect((await fob(["codes", "Example"], PIN)).exitCode).toBe(0);
    const { exitCode, stderr } = await fob(["enroll", "-", "--replace"], { input: NEW_URI });
    const [{ id }] = await json(home, ["restore"]);
    expect([exitCode, stderr]).toEqual([
      0,
      `Example: its note, 2 recovery codes of the replaced token stay with it (only its PIN opens that); \`fob restore ${id}\` brings it back beside the new one\nExample has no PIN, as the replaced token had: \`fob pin set Example\` sets one\n`,
    ]);
    expect((await fob(["codes", "Example"])).exitCode).toBe(3);
    // the list may come again, and what only the PIN opens cannot be compared with it
    expect(await fob(["codes", "add", "Example", "-"], { input: CODES })).toMatchObject({
      stdout: "3 recovery codes added to Example: 3 left\n",
      stderr: `not compared with 3 recovery codes of the removed token ${id} for this account, which may have given some of them; \`fob restore ${id}\` brings it back\n`,
    });
    expect(await fob(["restore", id])).toMatchObject({
      exitCode: 0,
      stderr:
        "the recovery codes of Example 2 were not compared with 3 recovery codes of Example, which may be the same: only a PIN or a chip opens them\n",
    });
    expect((await fob(["codes", "Example 2"], PIN)).stdout).toBe("b1b2c-d3e4f\n");
    // the same secret needs no PIN for what is sealed under it
    const same = await guarded();
    expect(await same.fob(["enroll", "-", "--replace"], { input: TOTP_URI })).toMatchObject({
      exitCode: 0,
      stderr: "Example has no PIN, as the replaced token had: `fob pin set Example` sets one\n",
    });
    expect((await same.fob(["codes", "Example"])).stdout).toBe("a1b2c-d3e4f\n");
  });
});

describe("a list of one-time passwords", () => {
  const LIST = Array.from({ length: 8 }, (_, i) => `${i + 1}. ${100000 + i}`).join("\n");

  test("gives every process another entry, and goes through a backup", async () => {
    const home = testHome();
    const { fob } = home;
    await fob(["enroll", "--codes", "-", "--name", "bank"], { input: LIST });
    const env = { ...process.env, FOB_HOME: home.home, FOB_KEYCHAIN: "file" };
    const taken = await Promise.all(
      Array.from({ length: 4 }, async () => {
        const child = spawn(process.execPath, [FOB, "code", "bank"], { env });
        let text = "";
        for await (const chunk of child.stdout) text += chunk;
        return text.trim();
      }),
    );
    expect([...taken].sort()).toEqual(["100000", "100001", "100002", "100003"]);
    const backup = join(home.home, "tokens.age");
    const passphrase = { env: { FOB_PIN: "a long passphrase" } };
    expect((await fob(["backup", backup], passphrase)).exitCode).toBe(0);
    expect((await fob(["challenge", "bank", "7"])).stdout).toBe("100006\n");
    const other = testHome();
    expect((await other.fob(["restore", backup], passphrase)).exitCode).toBe(0);
    expect((await other.fob(["code", "bank"])).stdout).toBe("100004\n");
    // the backup knows nothing of entry 7, which stays given here
    expect((await fob(["restore", backup], passphrase)).exitCode).toBe(0);
    expect((await fob(["challenge", "bank", "7"])).exitCode).toBe(6);
    expect(await json(home, ["show", "bank"])).toMatchObject({ kind: "list", length: 8, left: 3 });
  });

  test("is there once, whatever it is called", async () => {
    const home = testHome();
    const enroll = (...args: string[]) =>
      home.fob(["enroll", "--codes", "-", ...args], { input: LIST });
    await enroll("--name", "bank");
    await home.fob(["code", "bank"]);
    const other = await enroll("--name", "other");
    expect(other).toMatchObject({ exitCode: 2 });
    expect(other.stderr).toContain("this token is enrolled already, as bank");
    expect((await enroll("--name", "other", "--replace")).exitCode).toBe(0);
    expect(await json(home, ["list"])).toMatchObject([{ name: "other" }]);
    expect((await home.fob(["code", "other"])).stdout).toBe("100001\n");
  });

  test("has an entry twice only where numbers say so", async () => {
    const { fob } = testHome();
    const enroll = (input: string) => fob(["enroll", "--codes", "-", "--name", "tans"], { input });
    expect(await enroll("100001\n100002\n100001\n100004\n")).toMatchObject({
      exitCode: 6,
      stderr: expect.stringContaining("entry 3 of the list is the same as entry 1"),
    });
    expect((await enroll("1. 100001\n2. 100002\n3. 100001\n4. 100004\n")).exitCode).toBe(0);
    expect((await fob(["challenge", "tans", "4"])).stdout).toBe("100004\n");
  });

  test("has the numbers that stand before its entries, and says how many there are", async () => {
    const { fob } = testHome();
    const two = ["enroll", "--codes", "-", "--name", "two"];
    expect((await fob(two, { input: "2. 100001\n3. 100002\n" })).stdout).toBe(
      "enrolled two (list of one-time passwords, 2 entries)\n",
    );
    expect((await fob(["challenge", "two", "2"])).stdout).toBe("100001\n");
    expect((await fob(["show", "two"])).stdout).toMatch(/^entries +1 of 2 left$/m);
    const one = ["enroll", "--codes", "-", "--name", "one"];
    expect((await fob(one, { input: "100001\n" })).stdout).toContain("1 entry)");
  });

  test("says which grants do not open the one that replaces it", async () => {
    const { fob } = testHome();
    const enroll = ["enroll", "--codes", "-", "--name", "tans"];
    await fob(enroll, { input: LIST });
    for (const label of ["ci", "cron", "old"])
      expect((await fob(["access", "grant", label, "--token", "tans"])).exitCode).toBe(0);
    await fob(["access", "revoke", "old"]);
    const newer = LIST.replaceAll("1000", "2000");
    expect((await fob([...enroll, "--replace"], { input: newer })).stderr).toContain(
      "tans is not opened by 2 grants for the replaced token (ci, cron): `fob access grant` makes others\n",
    );
    // those were told of
    expect((await fob([...enroll, "--replace"], { input: LIST })).stderr).not.toContain("grant");
  });

  test("is refused where it has gaps, and by what it cannot do", async () => {
    const { fob } = testHome();
    const enroll = ["enroll", "--codes", "-", "--name", "bank"];
    expect((await fob(enroll, { input: "1. 111111\n2. 222222\n4. 444444" })).exitCode).toBe(6);
    for (const twice of ["1. 111111\n2. 222222\n2. 333333", "1 111111\n2 222222\n2 333333"])
      expect((await fob(enroll, { input: twice })).stderr).toContain(
        "several entries of the list have the number 2",
      );
    expect((await fob(enroll, { input: "1. 111111\n500. 222222" })).exitCode).toBe(6);
    expect((await fob(enroll, { input: "nothing here" })).exitCode).toBe(6);
    expect((await fob([...enroll, TOTP_URI], { input: LIST })).exitCode).toBe(2);
    expect((await fob(enroll, { input: LIST })).exitCode).toBe(0);
    expect((await fob(["verify", "bank", "100000"])).exitCode).toBe(2);
    expect((await fob(["export", "bank"])).stderr).toContain("`fob backup` has");
    expect((await fob(["code", "--all"])).stdout).toBe("");
  });
});

describeWith({ python3: "python3" }, "the editor at a terminal", () => {
  /** A home whose editor runs this script, and a folder in memory's place. */
  async function desk(script: string) {
    const home = testHome();
    const memory = join(home.home, "memory");
    mkdirSync(memory, { mode: 0o700 });
    await home.fob(["enroll", "-"], {
      input: `otpauth://totp/vpn:ann?secret=${RFC_SECRET}&issuer=vpn`,
    });
    writeFileSync(join(home.home, "editor.sh"), script);
    const program = [
      "env",
      `VISUAL=sh ${join(home.home, "editor.sh")}`,
      `XDG_RUNTIME_DIR=${memory}`,
      process.execPath,
      FOB,
    ];
    const visit = (steps: Parameters<typeof atTerminal>[2]) =>
      atTerminal(home.home, ["note", "vpn"], steps, program);
    return { ...home, memory, visit };
  }

  test("writes the note", async () => {
    const { fob, memory, visit } = await desk('read line; echo "$line" >> "$1"');
    const { exitCode } = await visit([
      ["type", "typed here\n"],
      ["see", "has this note now"],
      ["end", ""],
    ]);
    expect(exitCode).toBe(0);
    expect((await fob(["show", "vpn", "--note"])).stdout).toContain("\ntyped here\n");
    expect(readdirSync(memory)).toEqual([]);
  });

  test.each([
    ["signal", "SIGTERM"],
    ["signal", "SIGHUP"],
    // Ctrl-C
    ["type", "\u0003"],
  ] as const)("leaves no file behind after %s %j", async (...end) => {
    const { fob, home, memory, visit } = await desk(
      'echo secret > "$1"; touch "$(dirname "$0")/open"; echo opened; exec cat',
    );
    const { exitCode } = await visit([["see", "opened"], end, ["end", ""]]);
    expect(exitCode).not.toBe(0);
    expect(existsSync(join(home, "open"))).toBe(true);
    expect(readdirSync(memory)).toEqual([]);
    expect((await fob(["show", "vpn", "--note"])).stdout).toContain("no note");
  });
});
