import {
  appendFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { join, relative } from "node:path";
import { describe, expect, test } from "vitest";
import { runWith } from "../torture/faults.ts";
import {
  filesBelow,
  HOTP_URI,
  type Outcome,
  RFC_CODES,
  runFob,
  type TestHome,
  TOTP_URI,
  testHome,
} from "./fob.ts";

const PIN = "83517";
const PIN_ENV = { env: { FOB_PIN: PIN } };
const DAY = 86_400_000;

async function enrolled(): Promise<TestHome> {
  const home = testHome();
  await home.fob(["enroll", "-"], { input: [HOTP_URI, TOTP_URI].join("\n") });
  return home;
}

async function grantFor({ fob }: TestHome, ...args: readonly string[]): Promise<string> {
  const { stdout, exitCode, stderr } = await fob(["access", "grant", ...args]);
  expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
  return stdout.trim();
}

const withGrant = (grant: string) => ({ env: { FOB_GRANT: grant, FOB_NO_INPUT: "1" } });

const labels = async ({ fob }: TestHome): Promise<string[]> =>
  JSON.parse((await fob(["access", "list", "--json"])).stdout).map(
    ({ label }: { label: string }) => label,
  );

const idOf = async ({ fob }: TestHome, name: string): Promise<string> =>
  JSON.parse((await fob(["show", name, "--json"])).stdout).id;

const checkOf = async ({ fob }: TestHome, ...args: readonly string[]) =>
  JSON.parse((await fob(["doctor", "--json", ...args])).stdout).find(
    ({ check }: { check: string }) => check === "grants",
  );

function damage(folder: string): void {
  for (const name of readdirSync(folder)) appendFileSync(join(folder, name), "x");
}

describe("a grant", () => {
  test("says the same of tokens that it does not name and of those that do not exist", async () => {
    const home = await enrolled();
    const script = withGrant(
      await grantFor(home, "ci", "--token", "ACME", "--rights", "code,challenge,push"),
    );
    const id = await idOf(home, "Example");
    for (const command of [["code"], ["show"], ["challenge"], ["run", "--token"]]) {
      const outcomes: Outcome[] = [];
      for (const name of ["Example", "example", id, "0123456789abcdef", "Nobody"]) {
        const rest =
          command[0] === "run" ? ["--", "true"] : command[0] === "challenge" ? ["00000000"] : [];
        const { exitCode, stdout, stderr } = await home.fob([...command, name, ...rest], script);
        outcomes.push({ exitCode, stdout, stderr: stderr.replace(JSON.stringify(name), "NAME") });
      }
      expect(outcomes[0]).toMatchObject({ exitCode: 4, stdout: "" });
      expect(outcomes).toEqual(outcomes.map(() => outcomes[0]));
    }
    expect((await home.fob(["code", "ACME"], script)).stdout).toBe(`${RFC_CODES[0]}\n`);
  });

  test("opens its tokens by id and whole name alone: it cannot know what else a part of a name would fit", async () => {
    const home = await enrolled();
    const script = withGrant(
      await grantFor(home, "ci", "--token", "ACME", "--rights", "code,challenge,push"),
    );
    const id = await idOf(home, "ACME");
    for (const command of [["code"], ["show"], ["challenge"], ["run", "--token"]]) {
      const rest =
        command[0] === "run" ? ["--", "true"] : command[0] === "challenge" ? ["00000000"] : [];
      for (const name of ["A", "ACM", "acm", "ann", "ACME:", ":", id.slice(0, 8)]) {
        const told = await home.fob([...command, name, ...rest], script);
        expect({ command, name, ...told }).toMatchObject({ exitCode: 4, stdout: "" });
      }
    }
    for (const name of ["ACME", "acme", id]) {
      expect(await home.fob(["show", name, "--json"], script)).toMatchObject({ exitCode: 0 });
      expect(await home.fob(["code", name], script)).toMatchObject({ exitCode: 0 });
    }
    // the vault itself knows all names
    expect(await home.fob(["code", "ac"])).toMatchObject({ exitCode: 0 });
  });

  test("of a token that was removed since says so of it as of any other", async () => {
    const home = await enrolled();
    const script = withGrant(await grantFor(home, "ci", "--token", "ACME", "Example"));
    await home.fob(["remove", "ACME", "--yes"]);
    expect(await home.fob(["code", "ACME"], script)).toMatchObject({ exitCode: 4, stdout: "" });
    expect(await home.fob(["code", "Example"], script)).toMatchObject({ exitCode: 0 });
  });

  test("that a clock ahead shows as expired opens its token again when the clock is right", async () => {
    const home = await enrolled();
    const grant = await grantFor(home, "ci", "--token", "ACME", "--expires", "10d");
    const inDays = (days: number, args: readonly string[]) =>
      runWith(home, args, { clockOffset: days * DAY });
    for (let i = 0; i < 3; i++) {
      expect(
        await inDays(400, [
          "access",
          "grant",
          `other${i}`,
          "--token",
          "ACME",
          "--expires",
          "never",
        ]),
      ).toMatchObject({
        exitCode: 0,
      });
    }
    expect((await home.fob(["code", "ACME"], withGrant(grant))).stdout).toBe(`${RFC_CODES[0]}\n`);
    // with the days themselves, it goes
    for (const days of [12, 22, 32, 43])
      await inDays(days, ["access", "grant", `d${days}`, "--token", "ACME", "--expires", "never"]);
    expect(await labels(home)).not.toContain("ci");
    expect(await labels(home)).toContain("other0");
  });

  test("goes thirty days after its end with any command that looks after the vault, and with nothing removed", async () => {
    const home = await enrolled();
    await grantFor(home, "ci", "--token", "ACME", "--expires", "10d");
    await grantFor(home, "stays", "--token", "ACME", "--expires", "never");
    const inDays = (days: number) =>
      runWith(home, ["favorite", "Example"], { clockOffset: days * DAY });
    const grants = join(home.home, "vault", "grants");
    for (const days of [11, 20, 29, 38, 39])
      expect(await inDays(days)).toMatchObject({ exitCode: 0 });
    expect(readdirSync(grants)).toHaveLength(2);
    expect(await inDays(42)).toMatchObject({ exitCode: 0 });
    expect(readdirSync(grants)).toHaveLength(1);
    expect(await labels(home)).toEqual(["stays"]);
  });

  test("that a clock ahead shows as expired twice, with days between, stays: its days begin at its true end", async () => {
    const home = await enrolled();
    const grant = await grantFor(home, "ci", "--token", "ACME", "--expires", "90d");
    // what was removed keeps the calendar going
    await home.fob(["remove", "Example", "--yes"]);
    const inDays = (days: number) =>
      runWith(home, ["favorite", "ACME"], { clockOffset: days * DAY });
    await inDays(400);
    for (const days of [0, 10, 20, 30, 40])
      expect(await inDays(days)).toMatchObject({ exitCode: 0 });
    await inDays(400);
    expect((await home.fob(["code", "ACME"], withGrant(grant))).stdout).toBe(`${RFC_CODES[0]}\n`);
  });

  test("that none was made of leaves the calendar alone, and so does one that goes on", async () => {
    const home = await enrolled();
    const calendar = join(home.home, "vault", "calendar");
    await home.fob(["favorite", "Example"]);
    expect(existsSync(calendar)).toBe(false);
    await grantFor(home, "ci", "--token", "ACME", "--expires", "10d");
    await home.fob(["favorite", "Example"]);
    expect(existsSync(calendar)).toBe(false);
  });

  test("whose list is damaged hinders no removed token from going", async () => {
    const home = await enrolled();
    await grantFor(home, "ci", "--token", "Example", "--expires", "1d");
    await home.fob(["remove", "ACME", "--yes"]);
    damage(join(home.home, "vault", "grant-list"));
    for (const days of [9, 18, 27, 31])
      await runWith(home, ["favorite", "Example"], { clockOffset: days * DAY });
    expect(readdirSync(join(home.home, "vault", "removed"))).toEqual([]);
  });

  test("lies in a folder whose name tells neither its label nor its id", async () => {
    const home = await enrolled();
    const grant = await grantFor(home, "ci", "--token", "ACME");
    const [name = ""] = readdirSync(join(home.home, "vault", "grants"));
    expect(name).toMatch(/^[0-9a-f]{32}$/);
    expect(grant).not.toContain(name);
    // where an older fob put it
    const id = grant.split("_")[1] ?? "";
    cpSync(join(home.home, "vault", "grants", name), join(home.home, "vault", "grants", id), {
      recursive: true,
    });
    rmSync(join(home.home, "vault", "grants", name), { recursive: true });
    expect((await home.fob(["code", "ACME"], withGrant(grant))).stdout).toBe(`${RFC_CODES[0]}\n`);
    expect(await home.fob(["access", "revoke", "ci"])).toMatchObject({ exitCode: 0 });
    expect(readdirSync(join(home.home, "vault", "grants"))).toEqual([]);
    expect(await home.fob(["code", "ACME"], withGrant(grant))).toMatchObject({ exitCode: 4 });
  });
});

describe("damaged grants", () => {
  test("whose list is damaged go on, and doctor ends all of them for good", async () => {
    const home = await enrolled();
    const grants = [
      await grantFor(home, "ci", "--token", "ACME"),
      await grantFor(home, "cd", "--token", "Example"),
    ];
    cpSync(join(home.home, "vault", "grants"), join(home.home, "kept"), { recursive: true });
    damage(join(home.home, "vault", "grant-list"));
    expect((await home.fob(["code", "ACME"], withGrant(grants[0] ?? ""))).stdout).toBe(
      `${RFC_CODES[0]}\n`,
    );
    for (const args of [
      ["access", "revoke", "ci"],
      ["access", "grant", "x", "--token", "ACME"],
      ["access", "list"],
    ]) {
      expect(await home.fob(args)).toMatchObject({
        exitCode: 6,
        stderr: expect.stringContaining("doctor --repair"),
      });
    }
    for (const args of [
      ["rename", "Example", "other"],
      ["remove", "other", "--yes"],
      ["restore", "other"],
    ]) {
      expect({ args, ...(await home.fob(args)) }).toMatchObject({ exitCode: 0 });
    }
    expect(await checkOf(home)).toMatchObject({ status: "failed" });
    expect(await checkOf(home, "--repair")).toMatchObject({ status: "ok" });
    expect(await checkOf(home)).toMatchObject({ status: "ok" });
    cpSync(join(home.home, "kept"), join(home.home, "vault", "grants"), { recursive: true });
    expect(await home.fob(["code", "ACME"], withGrant(grants[0] ?? ""))).toMatchObject({
      exitCode: 4,
    });
    expect(await home.fob(["code", "other"], withGrant(grants[1] ?? ""))).toMatchObject({
      exitCode: 4,
    });
    expect(await labels(home)).toEqual([]);
    expect((await home.fob(["code", "ACME"])).stdout).toBe(`${RFC_CODES[1]}\n`);
    const script = withGrant(await grantFor(home, "ci", "--token", "ACME"));
    expect((await home.fob(["code", "ACME"], script)).stdout).toBe(`${RFC_CODES[2]}\n`);
  });

  test("hinder no other grant of their token, and doctor ends them", async () => {
    const home = await enrolled();
    await grantFor(home, "ci", "--token", "ACME");
    damage(
      join(home.home, "vault", "grants", readdirSync(join(home.home, "vault", "grants"))[0] ?? ""),
    );
    const script = withGrant(await grantFor(home, "cd", "--token", "ACME"));
    expect(await checkOf(home)).toMatchObject({
      status: "warning",
      message: expect.stringContaining("ci"),
    });
    expect(await checkOf(home, "--repair")).toMatchObject({ status: "ok" });
    expect(await labels(home)).toEqual(["cd"]);
    expect((await home.fob(["code", "ACME"], script)).stdout).toBe(`${RFC_CODES[0]}\n`);
  });
});

describe("fob access grant --export", () => {
  test("writes a home that opens with the grant alone, and holds nothing else", async () => {
    const home = await enrolled();
    await home.fob(["pin", "set"], PIN_ENV);
    await home.fob(["pin", "set", "Example"], { env: { FOB_PIN: `${PIN}\n${PIN}` } });
    const folder = join(home.home, "job");
    const args = ["access", "grant", "the label", "--token", "Example", "--export", folder];
    const { stdout, stderr, exitCode } = await home.fob(args, {
      env: { FOB_PIN: `${PIN}\n${PIN}` },
    });
    expect({ exitCode, stderr }).toMatchObject({
      exitCode: 0,
      stderr: expect.stringContaining(folder),
    });
    const fob = (words: readonly string[], env = {}) =>
      runFob(words, { FOB_HOME: folder, HOME: folder, ...env });
    const FOB_GRANT = stdout.trim();
    expect(await fob(["code", "Example"], { FOB_GRANT })).toMatchObject({
      exitCode: 0,
      stdout: expect.stringMatching(/^\d{8}\n$/),
    });
    expect(await fob(["code", "ACME"], { FOB_GRANT })).toMatchObject({ exitCode: 4 });
    for (const words of [["code", "Example"], ["list"], ["export"], ["access", "list"]]) {
      expect({ words, ...(await fob(words)) }).toMatchObject({ exitCode: 4, stdout: "" });
    }
    const names = filesBelow(folder).map((path) => relative(folder, path));
    const id = names.find((name) => name.startsWith("vault/tokens/"))?.split("/")[2];
    expect(names.filter((name) => name !== "vault/used").sort()).toEqual([
      expect.stringMatching(/^vault\/grants\/[0-9a-f]{32}\/1$/),
      "vault/header/1",
      `vault/tokens/${id}/1`,
    ]);
    for (const path of filesBelow(folder)) {
      expect(statSync(path).mode & 0o777).toBe(0o600);
      expect(readFileSync(path, "latin1")).not.toMatch(/the label|Example|scrypt|wrapped/);
    }
    for (const sub of ["", "vault", "vault/tokens", "vault/grants", `vault/tokens/${id}`]) {
      expect(statSync(join(folder, sub)).mode & 0o777).toBe(0o700);
    }
  });

  test("is told by doctor from a vault that opens with a passphrase, with the grant and without it", async () => {
    const home = await enrolled();
    const folder = join(home.home, "job");
    const FOB_GRANT = await grantFor(home, "job", "--token", "Example", "--export", folder);
    for (const env of [{ FOB_GRANT }, {}]) {
      const { stdout, exitCode } = await runFob(["doctor", "--json"], {
        FOB_HOME: folder,
        HOME: folder,
        ...env,
      });
      const checks: { check: string; status: string; message: string }[] = JSON.parse(stdout);
      expect(exitCode).toBe(0);
      expect(checks.find(({ check }) => check === "keychain")).toMatchObject({
        status: "skipped",
        message: expect.stringMatching(/exported for a grant.*nothing else opens it/),
      });
      expect(checks.map(({ check }) => check)).not.toContain("recovery");
      expect(stdout).not.toMatch(/passphrase|recovery code/);
    }
    for (const words of [
      ["keychain", "move", "none"],
      ["keychain", "move", "file"],
      ["pin", "status"],
      ["pin", "set"],
    ]) {
      const told = await runFob(words, { FOB_HOME: folder, HOME: folder });
      expect({ words, ...told }).toMatchObject({
        exitCode: 4,
        stderr: expect.stringMatching(/exported for a grant/),
      });
      expect(told.stderr).not.toContain("passphrase");
    }
  });

  test("goes on after the grant was revoked where it came from, and opens nothing there", async () => {
    const home = await enrolled();
    const folder = join(home.home, "job");
    const FOB_GRANT = await grantFor(home, "job", "--token", "Example", "--export", folder);
    await home.fob(["access", "revoke", "job"]);
    expect(await home.fob(["code", "Example"], withGrant(FOB_GRANT))).toMatchObject({
      exitCode: 4,
    });
    // the exported keys open none of the vault's records
    cpSync(join(folder, "vault", "grants"), join(home.home, "vault", "grants"), {
      recursive: true,
    });
    expect(await home.fob(["code", "Example"], withGrant(FOB_GRANT))).toMatchObject({
      exitCode: 4,
    });
    expect(
      await runFob(["code", "Example"], { FOB_HOME: folder, HOME: folder, FOB_GRANT }),
    ).toMatchObject({
      exitCode: 0,
    });
  });

  test("refuses a folder with anything in it, a token with a counter, and leaves no grant then", async () => {
    const home = await enrolled();
    const full = join(home.home, "full");
    mkdirSync(full);
    writeFileSync(join(full, "diary.txt"), "");
    expect(
      await home.fob(["access", "grant", "a", "--token", "Example", "--export", full]),
    ).toMatchObject({
      exitCode: 2,
    });
    expect(
      await home.fob(["access", "grant", "b", "--token", "ACME", "--export", join(home.home, "x")]),
    ).toMatchObject({
      exitCode: 2,
      stderr: expect.stringMatching(/ACME has a counter.*\nhint: /),
    });
    expect(existsSync(join(home.home, "x"))).toBe(false);
    expect(await labels(home)).toEqual([]);
    expect(readdirSync(full)).toEqual(["diary.txt"]);
  });
});

describe("fob pin set of a token that grants open", () => {
  async function granted() {
    const home = await enrolled();
    const [ci, cd] = [
      await grantFor(home, "ci", "--token", "ACME", "Example"),
      await grantFor(home, "cd", "--token", "Example"),
    ];
    return { home, ci: withGrant(ci), cd: withGrant(cd) };
  }

  test("names them, and sets nothing where nobody says what to do", async () => {
    const { home } = await granted();
    const outcome = await home.fob(["pin", "set", "ACME"], PIN_ENV);
    expect(outcome).toMatchObject({
      exitCode: 5,
      stderr: expect.stringMatching(/ci[^d].*\nhint: --revoke-grants or --keep-grants/),
    });
    expect(outcome.stderr).not.toContain("cd");
    expect((await home.fob(["code", "ACME"])).stdout).toBe(`${RFC_CODES[0]}\n`);
    for (const args of [
      ["pin", "set", "ACME", "--revoke-grants", "--keep-grants"],
      ["pin", "set", "--keep-grants"],
    ]) {
      expect(await home.fob(args, PIN_ENV)).toMatchObject({ exitCode: 2 });
    }
  });

  test("revokes them with --revoke-grants, and others stay", async () => {
    const { home, ci, cd } = await granted();
    expect(await home.fob(["pin", "set", "ACME", "--revoke-grants"], PIN_ENV)).toMatchObject({
      exitCode: 0,
    });
    expect(await home.fob(["code", "ACME"], ci)).toMatchObject({ exitCode: 4, stdout: "" });
    expect(await home.fob(["code", "Example"], cd)).toMatchObject({ exitCode: 0 });
    expect(await labels(home)).toEqual(["cd"]);
  });

  test("keeps them with --keep-grants", async () => {
    const { home, ci } = await granted();
    expect(await home.fob(["pin", "set", "ACME", "--keep-grants"], PIN_ENV)).toMatchObject({
      exitCode: 0,
    });
    expect((await home.fob(["code", "ACME"], ci)).stdout).toBe(`${RFC_CODES[0]}\n`);
    expect(await home.fob(["code", "ACME"])).toMatchObject({ exitCode: 5 });
  });
});
