import { cpSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, onTestFinished, test, vi } from "vitest";
import { RIGHTS, type Right } from "#token/grant.ts";
import {
  filesBelow,
  HOTP_URI,
  RFC_CODES,
  RFC_SECRET,
  type TestHome,
  TOTP_URI,
  testHome,
} from "./fob.ts";

const OCRA_URI = `otpauth://ocra/Bank?secret=${RFC_SECRET}&suite=${encodeURIComponent("OCRA-1:HOTP-SHA1-6:QN08")}`;
const PIN = "83517";

async function enrolled(whenDone?: (remove: () => void) => void): Promise<TestHome> {
  const home = testHome(whenDone);
  await home.fob(["enroll", "-"], { input: [HOTP_URI, TOTP_URI, OCRA_URI].join("\n") });
  return home;
}

async function grantFor({ fob }: TestHome, ...args: readonly string[]): Promise<string> {
  const { stdout, exitCode, stderr } = await fob(["access", "grant", ...args], {
    env: { FOB_PIN: PIN },
  });
  expect({ exitCode, stderr }).toMatchObject({ exitCode: 0 });
  return stdout.trim();
}

/** What a script has: the grant and nothing else, not even the word who keeps the key. */
const withGrant = (grant: string) => ({ env: { FOB_GRANT: grant, FOB_NO_INPUT: "1" } });

describe("a grant", () => {
  test("opens the tokens that it names without keychain and PIN, and nothing else", async () => {
    const home = await enrolled();
    await home.fob(["pin", "set", "ACME"], { env: { FOB_PIN: PIN } });
    await home.fob(["pin", "set"], { env: { FOB_PIN: PIN } });
    const script = withGrant(
      await grantFor(home, "ci", "--token", "ACME", "Bank", "--rights", "code,challenge"),
    );
    rmSync(join(home.home, "key"));
    expect(await home.fob(["code", "ACME"], script)).toEqual({
      exitCode: 0,
      stdout: `${RFC_CODES[0]}\n`,
      stderr: "",
    });
    expect((await home.fob(["code", "acme"], script)).stdout).toBe(`${RFC_CODES[1]}\n`);
    expect(await home.fob(["challenge", "Bank", "00000000"], script)).toMatchObject({
      exitCode: 0,
      stdout: "237653\n",
    });
    expect(await home.fob(["code", "Example"], script)).toMatchObject({ exitCode: 4, stdout: "" });
    const names = JSON.parse((await home.fob(["list", "--json"], script)).stdout).map(
      (token: { name: string }) => token.name,
    );
    expect(names).toEqual(["ACME", "Bank"]);
    for (const args of [
      ["export"],
      ["backup", "-"],
      ["rename", "ACME", "x"],
      ["remove", "ACME"],
      ["pin", "remove"],
      ["access", "list"],
    ]) {
      expect(await home.fob(args, script)).toMatchObject({ exitCode: 4, stdout: "" });
    }
    expect(await home.fob(["enroll", "-"], { ...script, input: TOTP_URI })).toMatchObject({
      exitCode: 4,
      stdout: "",
    });
  });

  test("is in no file, and no secret is", async () => {
    const home = await enrolled();
    const grant = await grantFor(home, "ci", "--token", "ACME");
    const secret = Buffer.from(grant.split("_").slice(2).join("_"), "base64url");
    for (const file of filesBelow(home.home)) {
      const bytes = readFileSync(file);
      for (const needle of [
        secret,
        Buffer.from(secret.toString("base64")),
        Buffer.from("12345678901234567890"),
      ]) {
        expect(bytes.includes(needle)).toBe(false);
      }
    }
  });

  test("opens nothing once it is revoked, even to somebody who kept its file", async () => {
    const home = await enrolled();
    const [first, second] = [
      await grantFor(home, "ci", "--token", "ACME"),
      await grantFor(home, "cd", "--token", "ACME"),
    ];
    const [grants, kept] = [join(home.home, "vault", "grants"), join(home.home, "kept")];
    cpSync(grants, kept, { recursive: true });
    expect(await home.fob(["access", "revoke", "ci"])).toMatchObject({
      exitCode: 0,
      stdout: "revoked ci\n",
    });
    expect(await home.fob(["code", "ACME"], withGrant(first))).toMatchObject({
      exitCode: 4,
      stdout: "",
    });
    cpSync(kept, grants, { recursive: true, force: false });
    expect(await home.fob(["code", "ACME"], withGrant(first))).toMatchObject({
      exitCode: 4,
      stdout: "",
    });
    expect((await home.fob(["code", "ACME"], withGrant(second))).stdout).toBe(`${RFC_CODES[0]}\n`);
    expect((await home.fob(["code", "ACME"])).stdout).toBe(`${RFC_CODES[1]}\n`);
    expect(await home.fob(["access", "revoke", "ci"])).toMatchObject({ exitCode: 3 });
  });

  test("that was revoked while its token was removed does not come back with it", async () => {
    const home = await enrolled();
    const grant = await grantFor(home, "ci", "--token", "ACME");
    const [grants, kept] = [join(home.home, "vault", "grants"), join(home.home, "kept")];
    cpSync(grants, kept, { recursive: true });
    await home.fob(["remove", "ACME", "--yes"]);
    expect((await home.fob(["list"], withGrant(grant))).stdout).toBe("");
    await home.fob(["access", "revoke", "ci"]);
    await home.fob(["restore", "ACME"]);
    cpSync(kept, grants, { recursive: true, force: false });
    expect(await home.fob(["code", "ACME"], withGrant(grant))).toMatchObject({
      exitCode: 4,
      stdout: "",
    });
    expect((await home.fob(["code", "ACME"])).stdout).toBe(`${RFC_CODES[0]}\n`);
  });

  test("ends with its time", async () => {
    const home = await enrolled();
    vi.useFakeTimers({ toFake: ["Date"], now: 1_800_000_000_000 });
    onTestFinished(() => void vi.useRealTimers());
    const end = "@1800000060";
    const grant = await grantFor(home, "ci", "--token", "ACME", "--expires", end);
    vi.advanceTimersByTime(59_999);
    expect((await home.fob(["code", "ACME"], withGrant(grant))).exitCode).toBe(0);
    vi.advanceTimersByTime(1);
    expect(await home.fob(["code", "ACME"], withGrant(grant))).toMatchObject({
      exitCode: 4,
      stderr: "fob: the grant ci has expired\n",
    });
    expect((await home.fob(["access", "list"])).stdout).toBe("ci\tACME\tcode\texpired\n");
    await grantFor(home, "ci", "--token", "ACME", "--expires", "never");
    expect((await home.fob(["access", "list"])).stdout).toBe("ci\tACME\tcode\tnever\n");
  });

  test.each([
    ["nothing like it", 4],
    ["fobgrant_0123456789abcdef_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", 4],
    ["fobgrant_../../../../etc_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", 4],
  ])("%j opens nothing, and is not repeated", async (grant, exitCode) => {
    const { fob } = await enrolled();
    const outcome = await fob(["code", "ACME"], withGrant(grant));
    expect(outcome).toMatchObject({ exitCode, stdout: "" });
    expect(outcome.stderr).not.toContain(grant);
  });

  test.each([
    [["x", "--token", "nobody"], 3],
    [["x"], 2],
    [["x", "--token", "ACME", "--rights", "all"], 2],
    [["x", "--token", "ACME", "--expires", "1999-01-01"], 2],
    [["x", "--token", "ACME", "--expires", "soon"], 2],
    [["", "--token", "ACME"], 2],
    [["ci", "--token", "ACME"], 2],
  ])("%j is refused", async (args, exitCode) => {
    const home = await enrolled();
    await grantFor(home, "ci", "--token", "Bank");
    expect(await home.fob(["access", "grant", ...args])).toMatchObject({ exitCode, stdout: "" });
    expect(JSON.parse((await home.fob(["access", "list", "--json"])).stdout)).toHaveLength(1);
  });

  test("counts on while others are made and revoked: no passcode is refused, and none is given twice", async () => {
    const home = await enrolled();
    const grant = await grantFor(home, "ci", "--token", "ACME");
    const script = async () => {
      const codes: string[] = [];
      for (let i = 0; i < 12; i++) {
        const { stdout, stderr } = await home.fob(["code", "ACME"], withGrant(grant));
        expect(stderr).toBe("");
        codes.push(stdout);
      }
      return codes;
    };
    const owner = async () => {
      for (let i = 0; i < 8; i++) {
        await grantFor(home, `other${i}`, "--token", "ACME");
        expect((await home.fob(["access", "revoke", `other${i}`])).exitCode).toBe(0);
      }
    };
    const [first, second] = await Promise.all([script(), script(), owner()]);
    const codes = [...first, ...second];
    expect(new Set(codes).size).toBe(codes.length);
    expect(JSON.parse((await home.fob(["show", "ACME", "--json"])).stdout).counter).toBe(
      codes.length,
    );
  });
});

/** What the contract says for the domains 00, 02 and FF: 0 done, 4 denied, 5 a PIN is needed. */
const EXIT_CODES = {
  no: {
    nothing: [0, 5, 4],
    "the PIN": [0, 5, 4],
    "a grant for it": [0, 5, 4],
    "a grant for something else": [4, 4, 4],
  },
  token: {
    nothing: [5, 5, 4],
    "the PIN": [0, 0, 4],
    "a grant for it": [0, 5, 4],
    "a grant for something else": [4, 4, 4],
  },
  app: {
    nothing: [5, 5, 5],
    "the PIN": [0, 0, 4],
    "a grant for it": [0, 5, 4],
    "a grant for something else": [4, 4, 4],
  },
} as const;

describe.each(["no", "token", "app"] as const)("access domains, with %s PIN", (pin) => {
  const grants = new Map<string, string>();
  let home: TestHome;

  beforeAll(async () => {
    let remove = () => {};
    home = await enrolled((removeHome) => {
      remove = removeHome;
    });
    const env = { FOB_PIN: PIN };
    if (pin === "token")
      for (const name of ["ACME", "Bank"]) await home.fob(["pin", "set", name], { env });
    if (pin === "app") await home.fob(["pin", "set"], { env });
    for (const rights of ["code", "challenge"]) {
      grants.set(
        rights,
        await grantFor(home, rights, "--token", "ACME", "Bank", "--rights", rights),
      );
    }
    return () => remove();
  });

  const USES = { code: ["code", "ACME"], challenge: ["challenge", "Bank", "00000000"] } as const;
  const DOMAINS = ["00", "02", "FF"] as const;
  // responses follow the rules of passcodes: with the PIN that has every case, both are tried
  const uses = pin === "token" ? (["code", "challenge"] as const) : (["code"] as const);
  const cases = DOMAINS.flatMap((domain, column) =>
    uses.flatMap((use) =>
      Object.entries(EXIT_CODES[pin]).map(([opener, codes]) => ({
        domain,
        use,
        opener,
        exitCode: codes[column],
      })),
    ),
  );

  test.each(cases)(
    "domain $domain: $use with $opener",
    async ({ domain, use, opener, exitCode }) => {
      const name = USES[use][1];
      expect(
        (await home.fob(["access", "domain", name, domain], { env: { FOB_PIN: PIN } })).exitCode,
      ).toBe(0);
      const right = opener === "a grant for it" ? use : use === "code" ? "challenge" : "code";
      const env = opener.startsWith("a grant") ? { FOB_GRANT: grants.get(right) ?? "" } : {};
      const outcome = await home.fob(USES[use], {
        env: opener === "the PIN" ? { FOB_PIN: PIN } : env,
      });
      expect({ exitCode: outcome.exitCode, isAnswered: outcome.stdout !== "" }).toEqual({
        exitCode,
        isAnswered: exitCode === 0,
      });
    },
  );
});

/** A command that asks for each right. */
const ASKING = {
  code: ["code", "ACME"],
  challenge: ["challenge", "Bank", "00000000"],
  push: ["push", "list"],
} as const satisfies Record<Right, readonly string[]>;

test("every right lets a script use what it is for, and nothing that only others are for", async () => {
  const home = await enrolled();
  for (const right of RIGHTS) {
    const grant = await grantFor(home, right, "--token", "ACME", "Bank", "--rights", right);
    for (const asked of RIGHTS) {
      const { stderr } = await home.fob(ASKING[asked], { env: { FOB_GRANT: grant } });
      const isRefused = stderr.includes(`does not carry the right ${asked}`);
      expect({ right, asked, isRefused }).toEqual({ right, asked, isRefused: right !== asked });
    }
  }
});

test.each(["", " ", "\t\n"])(
  "FOB_GRANT that is %j is a broken grant for every command, and never the whole vault",
  async (grant) => {
    const home = testHome();
    await home.fob(["enroll", "-"], { input: [HOTP_URI, TOTP_URI].join("\n") });
    const commands = [
      ["code", "ACME"],
      ["code", "acm"],
      ["code", "--all", "--json"],
      ["list"],
      ["list", "--json"],
      ["show", "ACME"],
      ["enroll", "-"],
      ["challenge", "ACME", "1"],
      ["run", "--token", "ACME", "--", "true"],
      ["rename", "ACME", "Other"],
      ["remove", "--yes", "ACME"],
      ["export", "--format", "uri", "--output", "tokens.txt"],
      ["pin", "set"],
      ["access", "list"],
      ["push", "list"],
    ];
    const refuseAll = async (...more: string[][]) => {
      for (const command of [...commands, ...more]) {
        const { exitCode, stdout, stderr } = await home.fob(command, {
          env: { FOB_GRANT: grant, FOB_PIN: "83517" },
          input: TOTP_URI,
        });
        expect({ command, exitCode, stdout }).toEqual({ command, exitCode: 4, stdout: "" });
        expect(stderr).toContain("FOB_GRANT is empty");
      }
      expect((await home.fob(["__complete", "names"], { env: { FOB_GRANT: grant } })).stdout).toBe(
        "",
      );
    };
    await refuseAll(["unlock"], ["agent", "start"]);
    expect((await home.fob(["agent", "status"])).exitCode).toBe(8);
    await home.fob(["unlock"]);
    await refuseAll();
    await home.fob(["lock"]);
    expect((await home.fob(["code", "ACME"])).stdout).toBe(`${RFC_CODES[0]}\n`);
  },
  60_000,
);
