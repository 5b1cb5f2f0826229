import { isAscii } from "node:buffer";
import { chmodSync, existsSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { execa } from "execa";
import { afterEach, describe, expect, test, vi } from "vitest";
import { answerQuickly } from "#entry/quick-answers.ts";
import { EMULATOR, startEmulator } from "../platform/hardware/emulator.ts";
import { describeWith } from "../requires.ts";
import { FOB, HOTP_URI, homesLike, RFC_CODES, type TestHome, TOTP_URI, testHome } from "./fob.ts";
import { runWholeHere } from "./in-process.ts";
import { atTerminal } from "./terminal-person.ts";

const DIST = fileURLToPath(new URL("../../dist/", import.meta.url));
const PROBE = fileURLToPath(new URL("module-probe.cjs", import.meta.url));
const FILE_PROBE = fileURLToPath(new URL("file-probe.cjs", import.meta.url));

/**
 * What cannot be spared: bin/fob.js, the one file that it requires, the file system, and what runs
 * compiled code.
 */
const ENTRY = ["fob.js", "fob.cjs", "node:fs", "node:vm"];

/**
 * What opens a vault whose home is named: a file, and Node's own modules, each of which is loaded
 * once, whoever asks. node:crypto is most of what they cost.
 */
const VAULT = ["answers.cjs", "node:buffer", "node:crypto", "node:path"];

/** And what asks an agent, which must prove itself. */
const AGENT = [...VAULT, "ask-agent.cjs", "node:net"];

let unlocked: TestHome[] = [];

afterEach(async () => {
  for (const { fob } of unlocked) await fob(["lock"]);
  unlocked = [];
});

const enrolled = homesLike(({ fob }) =>
  fob(["enroll", "-"], { input: [HOTP_URI, TOTP_URI].join("\n") }),
);

const withAppPin = homesLike(async ({ fob }) => {
  await fob(["enroll", "-"], { input: [HOTP_URI, TOTP_URI].join("\n") });
  await fob(["pin", "set"], { env: { FOB_PIN: "83517" } });
});

/** Homes with tokens of every kind that the fast path answers, or leaves to the whole program. */
const varied = homesLike(async ({ fob }) => {
  const more = ["Übung", "Guarded", "Closed"].map((name) =>
    TOTP_URI.replaceAll("Example", encodeURIComponent(name)).replaceAll(":bob", ":eve"),
  );
  await fob(["enroll", "-"], { input: [HOTP_URI, TOTP_URI, ...more].join("\n") });
  await fob(["pin", "set", "Guarded"], { env: { FOB_PIN: "83517" } });
  await fob(["access", "domain", "Closed", "FF"]);
});

/** What the commands of every day are made of: one file, and what is loaded before it. */
const EVERYDAY = ["everyday.cjs", "fob.cjs", "main.cjs", "rolldown-runtime.cjs"];

/** Modules of Node that take a millisecond and more, and that these commands do not need. */
const SPARED = ["node:child_process", "node:fs/promises", "promises", "node:perf_hooks"];

/** The modules that a run of the program loads, each once, in alphabetical order. */
async function loadedBy({ home, fob }: TestHome, args: readonly string[]): Promise<string[]> {
  const probe = join(home, "probe");
  await fob(args, { env: { NODE_OPTIONS: `--require ${PROBE}`, FOB_PROBE: probe } });
  return [...new Set(readFileSync(probe, "utf8").trim().split("\n"))].sort();
}

/** What a run of the program asks of the file system in its home, in order; ids are left out. */
async function askedBy({ home, fob }: TestHome, args: readonly string[]): Promise<string[]> {
  const probe = join(home, "probe");
  await fob(args, { env: { NODE_OPTIONS: `--require ${FILE_PROBE}`, FOB_PROBE: probe } });
  const asked = readFileSync(probe, "utf8").trim().split("\n");
  rmSync(probe);
  return asked.map((line) => line.replace(/(?<=tokens\/)[0-9a-f]{16}/, "ID"));
}

/** Reading a cell: its folder is listed before and after, so that the value is the newest. */
const cellRead = (cell: string, before = [`readdir /vault/${cell}`]) => [
  ...before,
  `stat /vault/${cell}/1`,
  `readFile /vault/${cell}/1`,
  `readdir /vault/${cell}`,
];

/** Every passcode from files: what opens the vault. */
const OPENING = [
  ...cellRead("header").slice(0, -1),
  "stat /config.json",
  ...["open", "fstat", "readFile", "close"].map((call) => `${call} /key`),
];
const INDEX = cellRead("index", ["readdir /vault/index", "stat /vault/index/1"]);
const TOKEN = cellRead("tokens/ID");
/** Noting the use of a token that was used before. */
const USE = [
  "stat ",
  ...["open", "fstat", "fstat", "read", "write", "close"].map((call) => `${call} /vault/used`),
];

describe("the fast path", () => {
  test.each([
    ["fob.cjs", 11_500],
    ["quick/answers.cjs", 80_000],
    ["quick/passcode-printer.cjs", 8_000],
    ["quick/passcode-time.cjs", 3_000],
    ["quick/ask-agent.cjs", 9_000],
  ])("is small: %s", (file, limit) => {
    const bytes = readFileSync(join(DIST, file));
    expect(bytes.length).toBeLessThan(limit);
    // with other characters V8 keeps and compiles two bytes for each
    expect(isAscii(bytes)).toBe(true);
  });

  test.each([["--version"], ["-V"], ["--help"], ["-h"], ["code --help"], ["pin set -h"]])(
    "of `fob %s` loads nothing but the file system",
    async (line) => {
      expect(await loadedBy(testHome(), line.split(" "))).toEqual([...ENTRY].sort());
    },
  );

  test.each([
    [["code", "ACME"], []],
    [["code", "exam"], []],
    [["code", "bob", "--json"], ["passcode-printer.cjs"]],
    [["code", "acme:a", "--format", "{code}"], ["passcode-printer.cjs"]],
    [["code", "Example", "exam"], ["passcode-printer.cjs"]],
    [
      ["code", "exam", "--next"],
      ["passcode-time.cjs", "values.cjs"],
    ],
    [["__complete", "names"], []],
  ])(
    "of `fob %j` loads what opens a vault, and no keychain, no network and no command framework",
    async (args, more) => {
      const expected = [...ENTRY, ...VAULT, ...more].sort();
      expect(await loadedBy(await enrolled(), args)).toEqual(expected);
    },
  );

  test.each([[["code", "ACME"]], [["__complete", "names"]]])(
    "of `fob %j` through an agent loads what asks it, and nothing to open a vault with",
    async (args) => {
      const home = await withAppPin();
      unlocked.push(home);
      await home.fob(["unlock"], { env: { FOB_PIN: "83517" } });
      expect(await loadedBy(home, args)).toEqual([...ENTRY, ...AGENT].sort());
    },
  );

  test.each([[["code", "exam", "--json"]], [["code", "exam", "--next"]]])(
    "of `fob %j` loads nothing for its answer where no file opens the vault",
    async (args) => {
      const loaded = await loadedBy(await withAppPin(), args);
      expect(loaded).toContain("answers.cjs");
      for (const file of ["passcode-printer.cjs", "passcode-time.cjs"])
        expect(loaded).not.toContain(file);
    },
  );

  test.each([
    [
      ["code", "Example"],
      [...OPENING, ...INDEX, ...TOKEN, ...USE],
    ],
    [
      ["code", "exam"],
      [...OPENING, ...INDEX, "readdir /vault/removed", ...TOKEN, ...USE],
    ],
    [
      ["code", "Example", "--json"],
      [...OPENING, ...INDEX, ...TOKEN, ...USE],
    ],
    [
      ["code", "Example", "--next"],
      [...OPENING, ...INDEX, ...TOKEN, ...USE],
    ],
    [
      ["code", "Example", "Example"],
      [...OPENING, ...INDEX, ...TOKEN, ...TOKEN, ...USE],
    ],
    [
      ["__complete", "names"],
      [...OPENING.filter((line) => !/config/.test(line)), ...cellRead("index")],
    ],
  ])("of `fob %j` asks this of the file system and no more", async (args, expected) => {
    const home = await enrolled();
    await home.fob(["code", "Example"]);
    expect(await askedBy(home, args)).toEqual(expected);
  });

  test.each([
    [["list"], []],
    [["list", "--json"], []],
    [["show", "Example"], []],
    [["code", "--all", "--json"], []],
    [["help", "code"], ["node:crypto"]],
    [["lst"], ["node:crypto"]],
  ])("leaves `fob %j` to the whole program, of which one file is loaded", async (args, more) => {
    const loaded = await loadedBy(await enrolled(), args);
    const built = loaded.filter((name) => name.endsWith(".cjs"));
    expect(built.map((name) => name.replace(/-[\w-]{8}(?=\.cjs$)/, ""))).toEqual(EVERYDAY);
    for (const name of [...SPARED, ...more]) expect(loaded).not.toContain(name);
  });

  test.each([["--help"], ["code --help"], ["pin -h"], ["lab user add --help"], ["pin lst --help"]])(
    "of `fob %s` shows the help page of the whole program",
    async (line) => {
      const args = line.split(" ");
      const whole = await runWholeHere(args, { HOME: testHome().home });
      expect((await testHome().fob(args)).stdout).toBe(whole.stdout);
    },
  );

  test("leaves a reader that has gone alone", async () => {
    const { stderr, exitCode } = await execa("sh", [
      "-c",
      `'${process.execPath}' '${FOB}' --help | true`,
    ]);
    expect({ stderr, exitCode }).toEqual({ stderr: "", exitCode: 0 });
  });
});

describe("what the fast path says of one passcode", () => {
  const NAMES = [
    "ACME",
    "acme",
    "aC",
    "ann",
    "acme:ann",
    "Example",
    "exam",
    "BOB",
    "le:b",
    "Übu",
    "u\u0308BUNG",
  ];
  const OPTIONS = [
    [],
    ["--json"],
    [
      "--format",
      "{name}\\t{code}\\n{issuer}:{account} {kind} {secondsLeft} {validUntil} {counter}",
    ],
    ["--format={{{code}}}"],
    ["--format", "{period}"],
    ["--format", "{validUntil}"],
    ["--format", "--json"],
    ["--json", "--format", "{code}"],
    ["--format", "{code}", "--json", "--format", "{name}"],
    ["--next"],
    ["--next", "--json"],
    ["--at", "@59"],
    ["--at=2031-01-31T12:00:00Z", "--format", "{code} {validFrom} {secondsLeft}"],
    ["--at", "+5m", "--at", "@1234567890"],
  ];

  test.each(OPTIONS.map((options) => [options] as const))(
    "with %j is what the whole program says, for every spelling of a name",
    async (options) => {
      const homes = await twins();
      for (const name of [...NAMES, ...homes.ids]) {
        const args = ["code", name, ...options];
        const { quick, whole } = await answers(homes, args);
        // what is wrong is the whole program's business
        const expected = whole.exitCode === 0 ? whole.stdout : null;
        expect({ args, quick }).toEqual({ args, quick: expected });
        expect({ args, stderr: whole.exitCode === 0 ? whole.stderr : "" }).toEqual({
          args,
          stderr: "",
        });
        // options may stand before the name
        const turned = await answers(homes, ["code", ...options, name]);
        expect(turned.quick).toEqual(turned.whole.exitCode === 0 ? turned.whole.stdout : null);
      }
    },
  );

  test("is what the whole program says of several names", async () => {
    const homes = await twins();
    const names = ["Example", "bob", "u\u0308BUNG", "Übu"];
    for (const options of [[], ["--json"], ["--next"], ["--format", "{code} {name}"]]) {
      for (const one of names) {
        const args = ["code", one, ...options, ...names];
        const { quick, whole } = await answers(homes, args);
        expect({ args, quick }).toEqual({ args, quick: whole.stdout });
        expect(whole.exitCode).toBe(0);
      }
    }
  });

  test.each<[why: string, args: readonly string[], env?: Readonly<Record<string, string>>]>([
    ["no token is called so", ["xyz"]],
    ["a name fits several tokens", ["eve"]],
    ["the name is empty", [""]],
    ["the name is blank", [" "]],
    ["a token has a PIN", ["Guarded"]],
    ["a token answers nobody", ["Closed"]],
    ["one of two names is of a token with a counter", ["ACME", "Example"]],
    ["one of two names fits nothing", ["Example", "xyz"]],
    ["one of two tokens has a PIN", ["Example", "Guarded"]],
    ["a counter is asked for the next time", ["ACME", "--next"]],
    ["a counter is asked for another time", ["ACME", "--at", "@59"]],
    ["two times are asked for", ["Example", "--next", "--at", "@59"]],
    ["the time has no zone", ["Example", "--at", "2026-01-31T12:00"]],
    ["the time is none", ["Example", "--at", "soon"]],
    ["the time is missing", ["Example", "--at"]],
    ["the time may be an option", ["Example", "--at", "-5m"]],
    ["there is no name", []],
    ["there is another option", ["Example", "--copy"]],
    ["there is an unknown option", ["Example", "--jsn"]],
    ["there is a global option", ["Example", "--quiet"]],
    ["options have ended", ["--", "Example"]],
    ["the template is empty", ["ACME", "--format", ""]],
    ["the template is missing", ["ACME", "--format"]],
    ["the template is wrong", ["ACME", "--format", "{cod}"]],
    ["there is a grant", ["ACME"], { FOB_GRANT: "" }],
    ["another keychain is asked for", ["ACME"], { FOB_KEYCHAIN: "none" }],
  ])("is nothing where %s, and no counter moves on", async (_, args, env = {}) => {
    const [home] = (await twins()).homes;
    expect(await answerQuickly(["code", ...args], { ...environment(home), ...env })).toBeNull();
    expect(await answerQuickly(["code", "ACME"], environment(home))).toBe(`${RFC_CODES[0]}\n`);
  });

  test("is nothing where the configuration wants a passcode that stays valid", async () => {
    const [home] = (await twins()).homes;
    await runWholeHere(["config", "set", "code.min-validity", "5"], environment(home));
    expect(await answerQuickly(["code", "exam", "--json"], environment(home))).toBeNull();
  });

  function environment(home: string): Record<string, string> {
    return { HOME: home, FOB_HOME: home, FOB_KEYCHAIN: "file" };
  }

  /** Two homes with the same tokens, so that both answers are of the same counter. */
  async function twins() {
    const [{ home, fob }, other] = [await varied(), await varied()];
    const listed = JSON.parse((await fob(["list", "--json"])).stdout) as {
      readonly id: string;
      readonly name: string;
    }[];
    const ids = listed.flatMap(({ id, name }) => (/^[ÜAE]/.test(name) ? [id] : []));
    return { homes: [home, other.home] as const, ids };
  }

  /** The same moment for both. */
  async function answers(
    { homes: [one, other] }: { readonly homes: readonly [string, string] },
    args: readonly string[],
  ) {
    vi.useFakeTimers({ toFake: ["Date"] });
    try {
      return {
        quick: await answerQuickly(args, environment(one)).catch((error: unknown) => error),
        whole: await runWholeHere(args, environment(other)),
      };
    } finally {
      vi.useRealTimers();
    }
  }
});

describeWith({ python3: "python3" }, "a token that asks about others, at a terminal", () => {
  test.each([
    [[], 0, /[0-9]{6}/],
    [["FOB_NO_INPUT=0"], 0, /[0-9]{6}/],
    [["FOB_NO_INPUT=1"], 4, /nobody can be asked here/],
  ])("is used unless nobody may be asked: %j", async (variables, exitCode, shown) => {
    const { home, fob } = await enrolled();
    await fob(["access", "confirm", "Example", "others"]);
    const program = ["env", ...variables, process.execPath, FOB];
    const visit = await atTerminal(home, ["code", "Example"], [], program);
    expect(visit).toMatchObject({ exitCode, shown: expect.stringMatching(shown) });
  });
});

describeWith({ python3: "python3", ss: "iproute2" }, "such a token with an agent", () => {
  test("is asked about as without one, by what is the input", async () => {
    const { home, fob } = await enrolled();
    writeFileSync(join(home, "pin"), "2468135");
    await fob(["access", "confirm", "Example", "others"]);
    const lines = ["$@", "$@ --pin-file pin", "$@ </dev/null", "echo x | $@ | cat"];
    const visit = async (line: string) => {
      const shell = ["sh", "-c", `cd; ${line}`, "sh", process.execPath, FOB];
      const { shown } = await atTerminal(home, ["code", "Example"], [], shell);
      return shown.replace(/\d{8}/, "a passcode");
    };
    const without: string[] = [];
    for (const line of lines) without.push(await visit(line));
    expect(without.map((shown) => shown.includes("a passcode"))).toEqual([
      true,
      true,
      false,
      false,
    ]);
    await fob(["agent", "start"]);
    try {
      for (const [i, line] of lines.entries()) expect(await visit(line)).toBe(without[i]);
    } finally {
      await fob(["lock"]);
    }
  });
});

describe("the names to complete with", () => {
  test("come one a line, by their beginning in any letter case", async () => {
    const { fob } = await enrolled();
    expect(await fob(["__complete", "names"])).toEqual({
      stdout: "ACME\nExample\n",
      stderr: "",
      exitCode: 0,
    });
    expect((await fob(["__complete", "names", "ex"])).stdout).toBe("Example\n");
    expect((await fob(["__complete", "names", "x"])).stdout).toBe("");
  });

  test.each([
    ["there is no vault", async () => testHome()],
    ["a PIN would be needed", withAppPin],
    ["the key file can be read by others", withOpenKey],
  ])("are none, without a word, where %s", async (_, makeHome) => {
    const { fob } = await makeHome();
    expect(await fob(["__complete", "names"])).toEqual({ stdout: "", stderr: "", exitCode: 0 });
  });

  test("are none where a grant is all there is, nor for anything but names", async () => {
    const { fob } = await enrolled();
    expect(await fob(["__complete", "names"], { env: { FOB_GRANT: "x" } })).toEqual({
      stdout: "",
      stderr: "",
      exitCode: 0,
    });
    expect(await fob(["__complete", "serials"])).toEqual({ stdout: "", stderr: "", exitCode: 0 });
  });

  test("come from an agent where one holds the vault", async () => {
    const home = await withAppPin();
    unlocked.push(home);
    await home.fob(["unlock"], { env: { FOB_PIN: "83517" } });
    expect((await home.fob(["__complete", "names", "A"])).stdout).toBe("ACME\n");
  });
});

describe("a large vault", () => {
  test("finds exact names by a locator, which follows every change", async () => {
    const { fob, locator } = await manyEnrolled();
    expect((await fob(["code", "vpn"])).stdout).toBe(`${RFC_CODES[0]}\n`);
    expect(statSync(locator).size).toBe(8 + 251 * 24);
    expect((await fob(["code", "vpn"])).stdout).toBe(`${RFC_CODES[1]}\n`);
    await fob(["rename", "vpn", "work"]);
    expect(await fob(["code", "vpn"])).toMatchObject({ exitCode: 3, stdout: "" });
    expect((await fob(["code", "work"])).stdout).toBe(`${RFC_CODES[2]}\n`);
    await fob(["rename", "T7", "vpn"]);
    await fob(["code", "T8"]);
    expect((await fob(["code", "vpn"])).stdout).toMatch(/^\d{8}\n$/);
    await fob(["remove", "--yes", "vpn"]);
    expect(await fob(["code", "vpn"])).toMatchObject({ exitCode: 3, stdout: "" });
  });

  test("gives the right passcodes with a locator that is cut, empty, overwritten or leads to other tokens", async () => {
    const { fob, locator } = await manyEnrolled();
    await fob(["code", "T5"]);
    const whole = readFileSync(locator);
    const broken = [
      whole.subarray(0, whole.length >> 1),
      Buffer.alloc(0),
      Buffer.concat([whole.subarray(0, 8), Buffer.alloc(whole.length - 8)]),
      swapIds(whole),
    ];
    for (const [i, bytes] of broken.entries()) {
      writeFileSync(locator, bytes);
      expect((await fob(["code", "vpn"])).stdout).toBe(`${RFC_CODES[i]}\n`);
    }
  });
});

test("the copy of secrets that earlier builds kept is removed when a vault is opened", async () => {
  const { fob, home } = await enrolled();
  const file = join(home, "vault", "unguarded");
  writeFileSync(file, "sealed once");
  await fob(["list"]);
  expect(existsSync(file)).toBe(false);
});

const large = homesLike(async ({ fob }) => {
  const uris = Array.from({ length: 250 }, (_, i) => TOTP_URI.replaceAll("Example", `T${i}`));
  await fob(["enroll", "-"], { input: [HOTP_URI, ...uris].join("\n") });
  await fob(["rename", "ACME", "vpn"]);
});

/** A home with an event-based token `vpn` among so many others that there is a locator. */
async function manyEnrolled() {
  const { home, fob } = await large();
  return { fob, home, locator: join(home, "vault", "locator") };
}

async function withOpenKey(): Promise<TestHome> {
  const home = await enrolled();
  chmodSync(join(home.home, "key"), 0o644);
  return home;
}

/** Every entry with the id of its neighbour. */
function swapIds(bytes: Buffer): Buffer {
  const entries = Array.from({ length: (bytes.length - 8) / 24 }, (_, i) =>
    bytes.subarray(8 + i * 24, 32 + i * 24),
  );
  const ids = entries.map((entry) => entry.subarray(16));
  return Buffer.concat([
    bytes.subarray(0, 8),
    ...entries.flatMap((entry, i) => [entry.subarray(0, 16), ids.at(i - 1) ?? entry]),
  ]);
}

describeWith(EMULATOR, "the fast path of a token that the TPM holds", () => {
  test("loads one more file, and not Node's loader of ES modules", async () => {
    const { env } = await startEmulator();
    const { home, fob: without } = testHome();
    const fob: TestHome["fob"] = (args, given) =>
      without(args, { ...given, env: { ...env, ...given?.env } });
    await fob(["enroll", "--hold", "tpm", "-"], { input: TOTP_URI });
    const loaded = await loadedBy({ home, fob }, ["code", "Example"]);
    expect(loaded).toEqual([...ENTRY, ...VAULT, "held-answer.cjs", "node:net"].sort());
    // modules of Node are required: what is imported is named by a variable, and is a package
    for (const file of ["fob.cjs", "quick/held-answer.cjs"])
      expect(readFileSync(join(DIST, file), "utf8")).not.toMatch(/\bimport\((?!id\))/);
  });
});
