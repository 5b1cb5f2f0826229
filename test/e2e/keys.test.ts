import { spawn } from "node:child_process";
import { existsSync, readdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { readHeader, updateSlots } from "#vault/keys/header.ts";
import { describeWith } from "../requires.ts";
import { isTorture } from "../sampled.ts";
import { cutOffAfter } from "../waiting.ts";
import {
  FOB,
  HOTP_URI,
  homesLike,
  type Outcome,
  RFC_CODES,
  type TestHome,
  testHome,
} from "./fob.ts";
import { violations } from "./schemas.ts";
import { openTerminal } from "./terminal.ts";

const PASSPHRASE = "six heavy wooden chairs";
const NONE = { FOB_KEYCHAIN: "none", FOB_PIN: PASSPHRASE };
/** The home's usual surroundings name the key file; a vault that knows its keeper needs no name. */
const ANY = { FOB_KEYCHAIN: "" };
const CODE = /(?:[0-9a-f]{4}-){8}[0-9a-f]{4}/;

const enrolled = homesLike(({ fob }) => fob(["enroll", "-"], { input: HOTP_URI }));

let recoveryCode = "";
const passphraseHomes = homesLike(async ({ fob }) => {
  const { stdout } = await fob(["enroll", "-", "--json"], { input: HOTP_URI, env: NONE });
  expect(violations("enroll", JSON.parse(stdout))).toEqual([]);
  recoveryCode = JSON.parse(stdout)[0].recoveryCode;
});

/** A home whose vault opens with a passphrase, and its recovery code. */
async function withPassphrase() {
  const home = await passphraseHomes();
  return { ...home, recoveryCode };
}

function recoveryCodeIn({ stdout }: Outcome): string {
  return JSON.parse(stdout).recoveryCode;
}

async function attemptsLeft({ fob }: TestHome): Promise<number> {
  return JSON.parse((await fob(["pin", "status", "--json"], { env: ANY })).stdout).attemptsLeft;
}

/** A vault as earlier versions of fob left it. */
function forgetSlots(home: string, what: "recovery" | "keyCheck"): void {
  updateSlots({ home, vaultId: readHeader(home)?.id ?? "" }, (slots) =>
    slots.flatMap((slot) => {
      if (slot.type === what) return [];
      const { keyCheck: _keyCheck, ...rest } = { keyCheck: undefined, ...slot };
      return [what === "keyCheck" ? (rest as typeof slot) : slot];
    }),
  );
}

describe("a vault whose key nobody keeps", () => {
  test("has a recovery code from the first, which opens it in every command, after ten wrong passphrases too", {
    timeout: 240_000,
  }, async () => {
    const { home, fob, recoveryCode } = await withPassphrase();
    expect(recoveryCode).toMatch(CODE);
    for (let left = 9; left >= 0; left--) {
      const wrong = await fob(["list"], { env: { ...ANY, FOB_PIN: "six heavy wooden tables" } });
      expect(wrong).toMatchObject({
        exitCode: 4,
        stderr: `fob: wrong passphrase (${left} attempt${left === 1 ? "" : "s"} left)\n`,
      });
    }
    expect(await fob(["list"], { env: NONE })).toMatchObject({
      exitCode: 5,
      stderr: expect.stringMatching(
        /^fob: the passphrase is locked after 10 wrong attempts\nhint: the recovery code /,
      ),
    });
    const file = join(home, "code.txt");
    writeFileSync(file, `${recoveryCode}\n`);
    expect((await fob(["code", "ACME", "--pin-file", file], { env: ANY })).stdout).toBe(
      `${RFC_CODES[0]}\n`,
    );
    for (const args of [
      ["show", "ACME"],
      ["rename", "ACME", "Acme"],
      ["favorite", "Acme"],
      ["access", "list"],
      ["doctor"],
    ])
      expect(await fob([...args, "--pin-file", file], { env: ANY }), args.join(" ")).toMatchObject({
        exitCode: 0,
      });
    expect(await fob(["unlock", "--pin-file", file], { env: ANY })).toMatchObject({ exitCode: 0 });
    expect((await fob(["code", "Acme"], { env: ANY })).stdout).toBe(`${RFC_CODES[1]}\n`);
    await fob(["lock"], { env: ANY });
    const changed = await fob(["pin", "change", "--pin-file", "-"], {
      input: `${recoveryCode}\nnine heavy iron doors\n`,
      env: ANY,
    });
    expect(changed.stdout).toMatch(
      /^passphrase changed\nnew recovery code: .*\nThe recovery code from before opens nothing/,
    );
    expect(await fob(["list", "--pin-file", file], { env: ANY })).toMatchObject({ exitCode: 4 });
  });

  test("shows the code without --json too, to whoever reads standard error, and never again", async () => {
    const { fob } = testHome();
    const made = await fob(["enroll", "-", "--quiet"], { input: HOTP_URI, env: NONE });
    const [code = ""] = CODE.exec(made.stderr) ?? [];
    expect(made.stdout).not.toMatch(CODE);
    expect(await fob(["list"], { env: { ...ANY, FOB_PIN: code } })).toMatchObject({
      exitCode: 0,
      stderr: "",
    });
  });

  test("is never said to have a PIN, and its rules are a passphrase's", async () => {
    const { fob } = testHome();
    const short = await fob(["enroll", "-"], {
      input: HOTP_URI,
      env: { ...NONE, FOB_PIN: "4711" },
    });
    expect(short).toMatchObject({
      exitCode: 6,
      stderr: expect.stringContaining("this passphrase is refused (too-short)"),
    });
    await fob(["enroll", "-"], { input: HOTP_URI, env: NONE });
    const said = await Promise.all([
      fob(["list"], { env: ANY }),
      fob(["pin", "status"], { env: ANY }),
      fob(["pin", "set"], { env: NONE }),
      fob(["pin", "remove"], { env: NONE }),
      fob(["list"], { env: { ...NONE, FOB_PIN: "six heavy wooden tables" } }),
      fob(["doctor"], { env: NONE }),
    ]);
    for (const { stdout, stderr } of said) {
      const words = (stdout + stderr).toLowerCase();
      expect(words).toContain("passphrase");
      expect(words).not.toContain("app pin");
    }
  });

  test("that has no code says so in doctor", async () => {
    const { home, fob } = await withPassphrase();
    forgetSlots(home, "recovery");
    const checks = JSON.parse((await fob(["doctor", "--json"], { env: NONE })).stdout);
    expect(checks).toContainEqual(
      expect.objectContaining({ check: "recovery", status: "warning" }),
    );
    expect(readHeader(home)?.slots.map(({ type }) => type)).toEqual(["passphrase"]);
  });
});

describeWith({ tmux: "tmux" }, "a vault whose key nobody keeps, at a terminal", () => {
  test("is made with the rules in sight, and shows its code", { timeout: 120_000 }, async () => {
    const { home, fob } = testHome();
    writeFileSync(join(home, "uri"), HOTP_URI);
    const terminal = openTerminal(home, { FOB_KEYCHAIN: "none" });
    try {
      terminal.type(`fob enroll - --no-input < ${join(home, "uri")}`, "Enter");
      await terminal.see("cannot ask here");
      terminal.type("clear", "Enter");
      // which says the rules as well
      await terminal.seeNoMore("cannot ask here");
      terminal.type(`fob enroll '${HOTP_URI}'`, "Enter");
      await terminal.see("New passphrase of fob (at least 12 characters)");
      terminal.type(PASSPHRASE, "Enter");
      await terminal.see("once more");
      terminal.type(PASSPHRASE, "Enter");
      await terminal.see("enrolled ACME");
      const [code = ""] =
        CODE.exec((await terminal.see("recovery code: ")).replaceAll("\n", "")) ?? [];
      expect(await fob(["list"], { env: { ...ANY, FOB_PIN: code } })).toMatchObject({
        exitCode: 0,
      });
    } finally {
      terminal.close();
    }
  });

  test("gets a missing code when its passphrase is typed, and no other while that is not so", {
    timeout: 120_000,
  }, async () => {
    const { home, fob } = await withPassphrase();
    forgetSlots(home, "recovery");
    const terminal = openTerminal(home, ANY);
    try {
      terminal.type("fob list", "Enter");
      await terminal.see("Passphrase of fob");
      terminal.type(PASSPHRASE, "Enter");
      await terminal.see("event-based");
      const [code = ""] =
        CODE.exec((await terminal.see("recovery code: ")).replaceAll("\n", "")) ?? [];
      expect(await fob(["list"], { env: { ...ANY, FOB_PIN: code } })).toMatchObject({
        exitCode: 0,
      });
      terminal.type("clear; fob list", "Enter");
      await terminal.see("Passphrase of fob");
      terminal.type(PASSPHRASE, "Enter");
      expect(await terminal.see("event-based")).not.toContain("recovery code");
    } finally {
      terminal.close();
    }
  });
});

describe("of several processes that change what opens the vault", () => {
  /**
   * Of several at once, the one that succeeded; the others say that they did not, and print no
   * recovery code.
   */
  async function race(home: TestHome, args: readonly string[], pinOf: (n: number) => string) {
    const numbers = Array.from({ length: isTorture ? 6 : 3 }, (_, n) => n);
    const outcomes = await Promise.all(
      numbers.map((n) => home.fob([...args, "--json"], { env: { ...ANY, FOB_PIN: pinOf(n) } })),
    );
    const winners = numbers.filter((n) => outcomes[n]?.exitCode === 0);
    for (const { exitCode, stdout, stderr } of outcomes.filter(
      (outcome) => outcome.exitCode !== 0,
    )) {
      expect([2, 4]).toContain(exitCode);
      expect(stdout + stderr).not.toMatch(CODE);
    }
    expect(winners).toHaveLength(1);
    const [winner = -1] = winners;
    return { winner, outcome: outcomes[winner] as Outcome };
  }

  test("by `pin set`, one sets the PIN, and its recovery code opens the vault", {
    timeout: 120_000,
  }, async () => {
    const home = await enrolled();
    const { winner, outcome } = await race(home, ["pin", "set"], (n) => `83517-${n}`);
    for (const FOB_PIN of [recoveryCodeIn(outcome), `83517-${winner}`])
      expect(await home.fob(["list"], { env: { FOB_PIN } })).toMatchObject({ exitCode: 0 });
  });

  test("by `pin change`, one changes it", { timeout: 120_000 }, async () => {
    const home = await enrolled();
    await home.fob(["pin", "set"], { env: { FOB_PIN: "83517" } });
    const { winner, outcome } = await race(home, ["pin", "change"], (n) => `83517\n90210-${n}`);
    for (const FOB_PIN of [recoveryCodeIn(outcome), `90210-${winner}`])
      expect(await home.fob(["list"], { env: { FOB_PIN } })).toMatchObject({ exitCode: 0 });
  });

  test("by `keychain move`, one moves the key", { timeout: 120_000 }, async () => {
    const home = await enrolled();
    const { winner, outcome } = await race(
      home,
      ["keychain", "move", "none"],
      (n) => `${PASSPHRASE} ${n}`,
    );
    for (const FOB_PIN of [recoveryCodeIn(outcome), `${PASSPHRASE} ${winner}`])
      expect(await home.fob(["list"], { env: { ...ANY, FOB_PIN } })).toMatchObject({ exitCode: 0 });
  });
});

describe("with an app PIN, a key file that is", () => {
  const LOST: [string, RegExp, number, (home: string) => void][] = [
    [
      "gone",
      /^fob: the key file of this vault is gone\n/,
      8,
      (home) => renameSync(join(home, "key"), join(home, "elsewhere")),
    ],
    [
      "another vault's",
      /^fob: the key in the key file does not belong to this vault\n/,
      6,
      (home) => writeFileSync(join(home, "key"), Buffer.alloc(32, 7).toString("base64")),
    ],
    ["no key", /is not a key file of fob\n/, 6, (home) => writeFileSync(join(home, "key"), "?")],
  ];

  test.each(LOST)(
    "%s costs no attempt, and the recovery code opens everything and makes a new one",
    {
      timeout: 120_000,
    },
    async (what, message, exitCode, lose) => {
      const home = await enrolled();
      const { fob } = home;
      const recoveryCode = recoveryCodeIn(
        await fob(["pin", "set", "--json"], { env: { FOB_PIN: "83517" } }),
      );
      lose(home.home);
      for (const FOB_PIN of ["83517", "11117"]) {
        const refused = await fob(["list"], { env: { FOB_PIN } });
        expect(refused).toMatchObject({ exitCode, stderr: expect.stringMatching(message) });
        expect(refused.stderr).toContain(
          "the recovery code opens the vault in place of the app PIN",
        );
        expect(refused.stderr).not.toMatch(/anew|--keychain file/);
      }
      expect(await attemptsLeft(home)).toBe(10);
      expect((await fob(["code", "ACME"], { env: { FOB_PIN: recoveryCode } })).stdout).toBe(
        `${RFC_CODES[0]}\n`,
      );
      const changed = await fob(["pin", "change"], { env: { FOB_PIN: `${recoveryCode}\n90210` } });
      expect(changed.stdout).toMatch(
        /^app PIN changed\nthe vault has a new key in place of the one that was lost\nnew recovery code: /,
      );
      expect((await fob(["code", "ACME"], { env: { FOB_PIN: "90210" } })).stdout).toBe(
        `${RFC_CODES[1]}\n`,
      );
      // what lay there may be somebody else's
      if (what !== "gone") expect(existsSync(join(home.home, "key"))).toBe(true);
      await fob(["pin", "remove"], { env: { FOB_PIN: "90210" } });
      expect((await fob(["code", "ACME"])).stdout).toBe(`${RFC_CODES[2]}\n`);
    },
  );

  test("the one of a vault from before is told from another one after the next right PIN", {
    timeout: 120_000,
  }, async () => {
    const home = await enrolled();
    await home.fob(["pin", "set"], { env: { FOB_PIN: "83517" } });
    forgetSlots(home.home, "keyCheck");
    expect(await home.fob(["list"], { env: { FOB_PIN: "11117" } })).toMatchObject({ exitCode: 4 });
    expect(await home.fob(["list"], { env: { FOB_PIN: "83517" } })).toMatchObject({ exitCode: 0 });
    writeFileSync(join(home.home, "key"), Buffer.alloc(32, 7).toString("base64"));
    expect(await home.fob(["list"], { env: { FOB_PIN: "83517" } })).toMatchObject({ exitCode: 6 });
    expect(await attemptsLeft(home)).toBe(10);
  });
});

describe("keychain move", () => {
  test("takes the key to nobody and back, with the PINs that belong to it", {
    timeout: 240_000,
  }, async () => {
    const home = await enrolled();
    const { fob } = home;
    const list = async (FOB_PIN: string) =>
      (await fob(["list"], { env: { ...ANY, FOB_PIN } })).exitCode;
    const refused = await fob(["keychain", "move", "none"], { env: { ...ANY, FOB_PIN: "short" } });
    expect(refused).toMatchObject({
      exitCode: 6,
      stderr: expect.stringContaining("this passphrase is refused"),
    });
    const away = await fob(["keychain", "move", "none", "--json"], {
      env: { ...ANY, FOB_PIN: PASSPHRASE },
    });
    expect(existsSync(join(home.home, "key"))).toBe(false);
    const recoveryCode = recoveryCodeIn(away);
    expect([await list(PASSPHRASE), await list(recoveryCode), await list("")]).toEqual([0, 0, 5]);
    const back = await fob(["keychain", "move", "file", "--json"], {
      env: { ...ANY, FOB_PIN: PASSPHRASE },
    });
    expect(JSON.parse(back.stdout)).toMatchObject({ from: "none", to: "file", recoveryCode: null });
    expect([await list(PASSPHRASE), await list(recoveryCode), await list("")]).toEqual([0, 0, 5]);
    await fob(["pin", "remove"], { env: { ...ANY, FOB_PIN: PASSPHRASE } });
    expect((await fob(["code", "ACME"])).stdout).toBe(`${RFC_CODES[0]}\n`);
  });

  test("takes the recovery code where the key is lost, and asks for a new PIN", {
    timeout: 120_000,
  }, async () => {
    const { home, fob } = await enrolled();
    const recoveryCode = recoveryCodeIn(
      await fob(["pin", "set", "--json"], { env: { FOB_PIN: "83517" } }),
    );
    renameSync(join(home, "key"), join(home, "elsewhere"));
    const moved = await fob(["keychain", "move", "file", "--json"], {
      env: { FOB_PIN: `${recoveryCode}\n90210` },
    });
    expect(recoveryCodeIn(moved)).toMatch(CODE);
    expect(await fob(["list"], { env: { FOB_PIN: "90210" } })).toMatchObject({ exitCode: 0 });
    expect(await fob(["list"], { env: { FOB_PIN: recoveryCode } })).toMatchObject({ exitCode: 4 });
  });

  test.each([
    [["tpm"], 8],
    [["file"], 2],
    [["disk"], 2],
    [[], 2],
  ])("%j is refused, and changes nothing", async (args, exitCode) => {
    const { home, fob } = await enrolled();
    const before = readHeader(home);
    const env = { FOB_TPM: `swtpm:${home}/none` };
    const moved = await fob(["keychain", "move", ...args], { env });
    expect(moved).toMatchObject({ exitCode, stdout: "" });
    expect(readHeader(home)).toEqual(before);
  });

  test("leaves an agent, grants and tokens' PINs as they are", { timeout: 120_000 }, async () => {
    const { fob } = await enrolled();
    await fob(["pin", "set", "ACME"], { env: { FOB_PIN: "83517" } });
    await fob(["unlock"]);
    await fob(["keychain", "move", "none"], { env: { ...ANY, FOB_PIN: PASSPHRASE } });
    expect((await fob(["code", "ACME"], { env: { ...ANY, FOB_PIN: "83517" } })).stdout).toBe(
      `${RFC_CODES[0]}\n`,
    );
    await fob(["lock"], { env: ANY });
    const both = { ...ANY, FOB_PIN: `${PASSPHRASE}\n83517` };
    expect((await fob(["code", "ACME"], { env: both })).stdout).toBe(`${RFC_CODES[1]}\n`);
  });

  test("killed at any moment leaves a vault that opens as before or as after", {
    timeout: 300_000,
  }, async () => {
    const home = await enrolled();
    for (let round = 0; round < (isTorture ? 100 : 4); round++) {
      const to = readHeader(home.home)?.keychain === "none" ? "file" : "none";
      const env = { ...process.env, HOME: home.home, FOB_HOME: home.home, FOB_PIN: PASSPHRASE };
      const child = spawn(process.execPath, [FOB, "keychain", "move", to], {
        env,
        stdio: "ignore",
      });
      const ended = new Promise((resolve) => child.once("close", resolve));
      cutOffAfter(child, 150 + Math.random() * 1_500, "SIGKILL");
      await ended;
      const opened = await home.fob(["list"], { env: { ...ANY, FOB_PIN: PASSPHRASE } });
      expect(opened, `round ${round}`).toMatchObject({
        exitCode: 0,
        stdout: expect.stringContaining("ACME"),
      });
    }
  });
});

test("a wiped token is told by list, show and doctor", { timeout: 120_000 }, async () => {
  const { fob } = await enrolled();
  await fob(["pin", "set", "ACME", "--policy", "attempts=1,at-limit=wipe"], {
    env: { FOB_PIN: "83517" },
  });
  const isWiped = async () => [
    JSON.parse((await fob(["list", "--json"])).stdout)[0].wiped,
    JSON.parse((await fob(["show", "ACME", "--json"])).stdout).wiped,
    (await fob(["list"])).stdout.includes("wiped"),
    (await fob(["show", "ACME"])).stdout.includes("wiped"),
    (await fob(["doctor"])).stdout.includes("wiped the secret of 1 token: ACME"),
  ];
  expect(await isWiped()).toEqual([false, false, false, false, false]);
  await fob(["code", "ACME"], { env: { FOB_PIN: "11117" } });
  expect(await isWiped()).toEqual([true, true, true, true, true]);
  await fob(["unlock"]);
  expect(await isWiped()).toEqual([true, true, true, true, true]);
  await fob(["lock"]);
});

test("what the header says of the key is made of the key alone", async () => {
  const { home, fob } = await enrolled();
  await fob(["pin", "set"], { env: { FOB_PIN: "83517" } });
  const checkOf = () =>
    readHeader(home)?.slots.map((slot) => (slot.type === "keychain-pin" ? slot.keyCheck : null))[0];
  const before = checkOf();
  expect(before).toMatch(/^[A-Za-z0-9+/]{43}=$/);
  await fob(["pin", "change"], { env: { FOB_PIN: "83517\n90210" } });
  // another PIN, another salt, the same key
  expect(checkOf()).toBe(before);
  expect(readdirSync(home)).toContain("key");
  expect(readFileSync(join(home, "key"), "utf8")).not.toContain(before ?? "?");
});
