import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { generateX25519Identity, identityToRecipient } from "age-encryption";
import { describe, expect, test } from "vitest";
import { RFC_CODES, RFC_SECRET, type TestHome, testHome } from "./fob.ts";

const OTHER_SECRET = RFC_SECRET.replace("GEZDGNBV", "GEZDGNBW");
const THIRD_SECRET = RFC_SECRET.replace("GEZDGNBV", "GEZDGNBX");

const uri = (secret: string, label = "GitHub:ann", issuer = "GitHub", more = "") =>
  `otpauth://hotp/${encodeURIComponent(label)}?secret=${secret}&issuer=${encodeURIComponent(issuer)}&counter=0${more}`;

const FIRST = uri(RFC_SECRET);
const OTHER = uri(OTHER_SECRET);

async function homeWithFirst(): Promise<TestHome & { names(): Promise<string[]> }> {
  const home = testHome();
  expect((await home.fob(["enroll", "-"], { input: FIRST })).exitCode).toBe(0);
  return {
    ...home,
    names: async () =>
      JSON.parse((await home.fob(["list", "--json"])).stdout).map(
        ({ name }: { name: string }) => name,
      ),
  };
}

describe("an account that is enrolled with another secret", () => {
  test.each([
    ["as it is", OTHER],
    ["in other letters", uri(OTHER_SECRET, "github:ANN", "GITHUB")],
    ["with blanks around it", uri(OTHER_SECRET, "GitHub: ann ", " GitHub")],
  ])("is refused to a script, %s", async (_, input) => {
    const { fob, names } = await homeWithFirst();
    const { stdout, stderr, exitCode } = await fob(["enroll", "-", "--quiet"], { input });
    expect({ stdout, exitCode }).toEqual({ stdout: "", exitCode: 2 });
    expect(stderr).toMatch(
      /^fob: .* is enrolled already, as GitHub, with another secret\nhint: --replace .*--name NAME/,
    );
    expect(await names()).toEqual(["GitHub"]);
    expect((await fob(["code", "GitHub"])).stdout).toBe(`${RFC_CODES[0]}\n`);
  });

  test("hinders no other account, kind of token or bare secret", async () => {
    const { fob, names } = await homeWithFirst();
    const others = [
      uri(OTHER_SECRET, "GitHub:bob"),
      OTHER.replace("hotp", "totp"),
      uri(OTHER_SECRET, "ACME:ann", "ACME"),
    ];
    expect((await fob(["enroll", "-"], { input: others.join("\n") })).exitCode).toBe(0);
    expect(await names()).toHaveLength(4);
  });

  test("is kept beside it under a name that somebody gives", async () => {
    const { fob, names } = await homeWithFirst();
    expect((await fob(["enroll", "-", "--name", "work"], { input: OTHER })).exitCode).toBe(0);
    expect(await names()).toEqual(["GitHub", "work"]);
  });

  test("is replaced with --replace: every token of it, by one", async () => {
    const { fob, names } = await homeWithFirst();
    await fob(["enroll", "-", "--name", "work"], { input: OTHER });
    expect(
      (
        await fob(["enroll", "-", "--replace"], {
          input: uri(THIRD_SECRET, "github:Ann", "github"),
        })
      ).exitCode,
    ).toBe(0);
    expect(await names()).toEqual(["GitHub"]);
    expect(JSON.parse((await fob(["restore", "--json"])).stdout)).toHaveLength(2);
    expect((await fob(["code", "GitHub"])).stdout).not.toBe(`${RFC_CODES[0]}\n`);
  });

  test("is one token where one string has two counters", async () => {
    const { fob } = testHome();
    const input = `${FIRST}\n${FIRST.replace("counter=0", "counter=3")}`;
    expect((await fob(["enroll", "-"], { input })).exitCode).toBe(0);
    expect((await fob(["code", "GitHub"])).stdout).toBe(`${RFC_CODES[3]}\n`);
    expect((await fob(["list"])).stdout.trim().split("\n")).toHaveLength(1);
  });

  test("is one token after many processes at once have replaced it, and all others stay restorable", {
    timeout: 120_000,
  }, async () => {
    const { fob, names } = await homeWithFirst();
    const others = [..."BCDEFHIJKLMN"].map((letter) => RFC_SECRET.replace("GEZ", `G${letter}Z`));
    const outcomes = await Promise.all(
      others.map((secret) => fob(["enroll", "-", "--replace"], { input: uri(secret) })),
    );
    expect(outcomes.map(({ stderr, exitCode }) => ({ stderr, exitCode }))).toEqual(
      others.map(() => ({ stderr: "", exitCode: 0 })),
    );
    expect(await names()).toEqual(["GitHub"]);
    expect(JSON.parse((await fob(["restore", "--json"])).stdout)).toHaveLength(others.length);
  });

  test("is refused to all but one of several processes at once", async () => {
    const { fob } = testHome();
    await fob(["enroll", "-"], { input: uri(RFC_SECRET, "Other:bob", "Other") });
    const secrets = [..."ABCDEF"].map((letter) => `${RFC_SECRET.slice(0, -1)}${letter}`);
    const outcomes = await Promise.all(
      secrets.map((secret) => fob(["enroll", "-"], { input: uri(secret) })),
    );
    expect(outcomes.map(({ exitCode }) => exitCode).sort()).toEqual([0, 2, 2, 2, 2, 2]);
    for (const { stderr } of outcomes.filter(({ exitCode }) => exitCode === 2)) {
      expect(stderr).toMatch(/enrolled already[\s\S]*--replace[\s\S]*--name/);
    }
    expect(JSON.parse((await fob(["list", "--json"])).stdout)).toHaveLength(2);
  });

  test("with the same secret is enrolled already, as ever", async () => {
    const { fob } = await homeWithFirst();
    expect(await fob(["enroll", "-"], { input: FIRST })).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining("this token is enrolled already, as GitHub"),
    });
  });

  test("changes nothing where what it replaces could not be removed", async () => {
    const { fob, home, names } = await homeWithFirst();
    writeFileSync(join(home, "vault", "removed"), "a file where a folder must be");
    expect(await fob(["enroll", "-", "--replace"], { input: OTHER })).toMatchObject({
      exitCode: 6,
      stderr: expect.stringMatching(/^fob: .*removed is damaged: it is a file/m),
    });
    expect(await names()).toEqual(["GitHub"]);
    expect((await fob(["code", "GitHub"])).stdout).toBe(`${RFC_CODES[0]}\n`);
  });
});

describe("a file with an account that has another secret here", () => {
  const SOURCES = ["import", "restore"] as const;

  /**
   * The arguments that name a list for import, a backup for restore: GitHub:ann with another
   * secret, and an account of its own.
   */
  async function fileFor(
    command: (typeof SOURCES)[number],
    { home, fob }: TestHome,
  ): Promise<string[]> {
    const strings = `${OTHER}\n${uri(OTHER_SECRET, "New:ann", "New")}\n`;
    const [list, backup] = [join(home, "list.txt"), join(home, "tokens.age")];
    writeFileSync(list, strings);
    if (command === "import") return [command, list];
    const elsewhere = ["--home", join(home, "elsewhere")];
    const [key, keyFile] = [await generateX25519Identity(), join(home, "key.txt")];
    writeFileSync(keyFile, key);
    expect((await fob(["import", list, ...elsewhere])).exitCode).toBe(0);
    const recipient = await identityToRecipient(key);
    expect((await fob(["backup", backup, "--recipient", recipient, ...elsewhere])).exitCode).toBe(
      0,
    );
    return [command, backup, "--identity", keyFile];
  }

  test.each(SOURCES)(
    "gives a script of `fob %s` the rest, and names what it refuses",
    async (command) => {
      const one = await homeWithFirst();
      const file = await fileFor(command, one);
      const { stdout, stderr, exitCode } = await one.fob([...file, "--json"]);
      expect({ stdout, exitCode }).toEqual({ stdout: expect.stringContaining("New"), exitCode: 2 });
      const errors = stderr
        .trim()
        .split("\n")
        .flatMap((line) => JSON.parse(line).error ?? []);
      expect(errors).toEqual([
        {
          code: "usage",
          message: expect.stringMatching(/^GitHub: .* as GitHub, with another secret/),
          hint: expect.stringMatching(/--replace.*--keep-both/),
        },
      ]);
      expect(await one.names()).toEqual(["GitHub", "New"]);
      // and does so again, with nothing new
      expect((await one.fob(file)).exitCode).toBe(2);
      expect(await one.names()).toEqual(["GitHub", "New"]);
    },
  );

  test.each(SOURCES)("replaces or keeps both, as `fob %s` is told", async (command) => {
    const one = await homeWithFirst();
    const file = await fileFor(command, one);
    expect((await one.fob([...file, "--replace", "--keep-both"])).exitCode).toBe(2);
    expect((await one.fob([...file, "--keep-both"])).exitCode).toBe(0);
    expect(await one.names()).toHaveLength(3);
    const other = await homeWithFirst();
    expect((await other.fob([...file, "--replace"])).exitCode).toBe(0);
    expect(await other.names()).toEqual(["GitHub", "New"]);
    expect((await other.fob(["code", "GitHub"])).stdout).not.toBe(`${RFC_CODES[0]}\n`);
  });
});

describe("an account that is given twice, with different secrets", () => {
  const TWICE = `${FIRST}\n${uri(THIRD_SECRET, "github:ANN", "GITHUB")}`;

  test.each([[[]], [["--replace"]], [["--yes"]]])(
    "is refused whole by `fob enroll - %s`",
    async (options) => {
      for (const { fob, names } of [await homeWithFirst(), await homeWithOther()]) {
        const before = await names();
        // the first of the two is there already in one of the homes, which is refused by another
        // message
        const input = before.includes("GitHub") ? TWICE.replace(RFC_SECRET, OTHER_SECRET) : TWICE;
        const outcome = await fob(["enroll", "-", ...options], { input });
        expect({ ...outcome, stderr: "" }).toMatchObject({ stdout: "", exitCode: 2 });
        expect(outcome.stderr).toMatch(
          /given twice, with different secrets\nhint: .*--name NAME|enrolled already/,
        );
        expect(await names()).toEqual(before);
      }
    },
  );

  test("gives `fob import` the first, and names the other; --keep-both keeps both", async () => {
    const { fob, home, names } = await homeWithOther();
    const list = join(home, "list.txt");
    writeFileSync(list, TWICE);
    for (const options of [[], ["--replace"], []]) {
      expect(await fob(["import", list, ...options])).toMatchObject({
        exitCode: 2,
        stderr: expect.stringMatching(/given twice, with different secrets\nhint: --keep-both/),
      });
      expect(await names()).toEqual(["GitHub", "Other"]);
      expect(await fob(["restore"])).toMatchObject({
        stdout: expect.not.stringContaining("GitHub"),
      });
    }
    expect(await fob(["import", list, "--keep-both"])).toMatchObject({ exitCode: 0 });
    expect(await names()).toHaveLength(3);
    expect(await fob(["import", list])).toMatchObject({ exitCode: 0, stdout: "" });
  });

  test("is two tokens where they differ in kind", async () => {
    const { fob, names } = await homeWithOther();
    const kinds = [
      uri(RFC_SECRET, "ACME:ann", "ACME"),
      uri(OTHER_SECRET, "ACME:ann", "ACME").replace("hotp", "totp"),
    ];
    expect(await fob(["enroll", "-"], { input: kinds.join("\n") })).toMatchObject({ exitCode: 0 });
    expect(await names()).toHaveLength(3);
  });

  test("is two tokens again when a backup of both is restored", async () => {
    const { fob, home, names } = await homeWithFirst();
    await fob(["enroll", "-", "--name", "work"], { input: OTHER });
    const [backup, key, keyFile] = [
      join(home, "b.age"),
      await generateX25519Identity(),
      join(home, "key.txt"),
    ];
    writeFileSync(keyFile, key);
    await fob(["backup", backup, "--recipient", await identityToRecipient(key)]);
    const there = ["--home", join(home, "there")];
    expect(await fob(["restore", backup, "--identity", keyFile, ...there])).toMatchObject({
      exitCode: 0,
    });
    expect(JSON.parse((await fob(["list", "--json", ...there])).stdout)).toHaveLength(
      (await names()).length,
    );
  });
});

async function homeWithOther(): ReturnType<typeof homeWithFirst> {
  const home = testHome();
  const other = uri(RFC_SECRET.replace("GEZ", "MEZ"), "Other:bob", "Other");
  expect((await home.fob(["enroll", "-"], { input: other })).exitCode).toBe(0);
  return {
    ...home,
    names: async () =>
      JSON.parse((await home.fob(["list", "--json"])).stdout).map(
        ({ name }: { name: string }) => name,
      ),
  };
}
