import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { execa } from "execa";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { speak } from "#base/language.ts";
import { ALIASES } from "#cli/command-line/aliases.ts";
import { parseCommandLine } from "#cli/command-line/parse.ts";
import { SETTING_KEYS } from "#cli/settings/setting-definitions.ts";
import { COMMANDS } from "#commands/commands.ts";
import { FORMAT_NAMES } from "#commands/export/handing-out.ts";
import { LINK_SCHEMES } from "#commands/link/link-schemes.ts";
import { welcome } from "#commands/tokens/welcome.ts";
import { RIGHTS } from "#token/grant.ts";
import { KEYCHAIN_KINDS } from "#vault/keys/keychain-kind.ts";
import { describeWith } from "../requires.ts";
import { sampled } from "../sampled.ts";
import { HOTP_URI, type Outcome, type Surroundings, TOTP_URI } from "./fob.ts";
import {
  accentuate,
  englishMessages,
  installIn,
  type Messages,
  pseudoLanguage,
  readTranslations,
} from "./pseudo-language.ts";
import { openTerminal, type Terminal } from "./terminal.ts";

/** A string about which there is much to say. */
const ODD_URI =
  "otpauth://totp/Odd?secret=GEZDGNBVGY3TQOJQ&issuer=Other&period=86400&counter=1&image=x";

const english = englishMessages();
const folder = mkdtempSync(join(tmpdir(), "fob-test-"));
const home = join(folder, "home");
let program: string;

beforeAll(async () => {
  program = installIn(folder, { pl: pseudoLanguage(english) });
  await fob(["enroll", "-"], {
    input: [HOTP_URI, TOTP_URI, TOTP_URI.replaceAll("Example", "Guarded")].join("\n"),
  });
  await fob(["pin", "set", "Guarded"], { env: { FOB_PIN: "83517" } });
});

afterAll(() => rmSync(folder, { recursive: true, force: true, maxRetries: 5 }));

/** Runs the program in the pseudo-language, or in the one that the environment names. */
async function fob(
  args: readonly string[],
  { input = "", env = {} }: Surroundings = {},
): Promise<Outcome> {
  const { PATH = "", SystemRoot = "" } = process.env;
  const { stdout, stderr, exitCode } = await execa(process.execPath, [program, ...args], {
    env: {
      PATH,
      SystemRoot,
      HOME: home,
      FOB_HOME: home,
      FOB_KEYCHAIN: "file",
      LANG: "pl_PL.UTF-8",
      ...env,
    },
    extendEnv: false,
    input,
    reject: false,
    stripFinalNewline: false,
    timeout: 50_000,
  });
  return { stdout, stderr, exitCode };
}

/**
 * The words that are in English, but for what is the same in every language: options, values in
 * capitals, paths and these.
 */
function englishWords(text: string, same: readonly string[] = []): string[] {
  const rest = text
    .replaceAll(/^hint: |"(?:error|message|hint)":|"code":"[a-z-]+"/gm, "")
    .replaceAll(/--?[a-z][a-z-]*|\b[A-Z][A-Z0-9_]+\b|\/\S+|"[^"⟦⟧]*"|\b[0-9a-f]{16}\b/g, "");
  const words: readonly string[] = rest.match(/[A-Za-z]{2,}/g) ?? [];
  return words.filter((word) => !["fob", ...same].includes(word));
}

/**
 * A help page without what a command line looks like: examples, and what stands before the text
 * that explains it.
 */
function explanationsOf(help: string): string {
  const lines = help.split("\n").filter((line) => !line.startsWith("  $ "));
  return lines.map((line) => line.replace(/^.*?(?=⟦)/, "").replace(/⟧ fob .*$/, "⟧")).join("\n");
}

describe("in another language", () => {
  test("`fob --help` holds no English", async () => {
    const { stdout, stderr } = await fob(["--help"]);
    expect(stdout).toContain(accentuate("Usage:"));
    const same = [...KEYCHAIN_KINDS, ...[...ALIASES].flat()];
    expect({ stderr, words: englishWords(explanationsOf(stdout), same) }).toEqual({
      stderr: "",
      words: [],
    });
  });

  test.each(sampled(Object.keys(COMMANDS), 4))("nor does `fob %s --help`", async (name) => {
    speak(join(folder, "messages", "pl.json"), () => undefined);
    const parsed = await parseCommandLine([...name.split(" "), "--help"], {
      version: "0",
      columns: undefined,
      commands: COMMANDS,
      alone: async () => welcome,
    });
    speak(null, () => undefined);
    const help = "text" in parsed ? parsed.text : "";
    expect(help).toContain(accentuate("Usage:"));
    const schemes = LINK_SCHEMES.flatMap((scheme) => scheme.split("-"));
    const same = [...RIGHTS, ...FORMAT_NAMES, ...KEYCHAIN_KINDS, ...schemes];
    expect(englishWords(explanationsOf(help), same)).toEqual([]);
  });

  test.each<
    [exitCode: number, args: readonly string[], same?: readonly string[], more?: Surroundings]
  >([
    [2, ["code", "--frobnicate"], ["code"]],
    [2, ["lits"], ["lits", "list"]],
    [2, ["code", "--all", "ACME"]],
    [2, ["config", "set", "color", "pink"], ["color", "auto", "always", "never"]],
    [2, []],
    [3, ["code", "nix"]],
    [3, ["code", "nix", "--json"]],
    [2, ["code", ""], ["NAME"]],
    [4, ["code", "ACME"], [], { env: { FOB_GRANT: "nonsense" } }],
    [4, ["code", "Guarded"], ["Guarded"], { env: { FOB_PIN: "1" } }],
    [5, ["code", "Guarded"], ["Guarded"]],
    [5, ["remove", "ACME"]],
    [6, ["enroll", "-"], [], { input: "otpauth://totp/x?secret=1" }],
    [6, ["enroll", "-"], ["digits"], { input: `${TOTP_URI}9` }],
    [6, ["import", "nowhere.json"], ["nowhere", "json"]],
    [7, ["resync", "ACME", "000000", "111111"]],
    [8, ["code", "Example", "--copy"], ["xclip", "wl", "clipboard"]],
    [8, ["list", "--home", "/dev/null/x"]],
  ])(
    "exit code %i of `fob %j` comes with no English",
    async (exitCode, args, same = [], more = {}) => {
      const outcome = await fob(args, more);
      expect(outcome).toMatchObject({ exitCode, stdout: "", stderr: expect.stringContaining("⟦") });
      expect(englishWords(outcome.stderr, same)).toEqual([]);
    },
  );

  test("what is remarked holds no English, and counts as the language does", async () => {
    const uris = [1, 2, 3].map((i) => TOTP_URI.replaceAll("Example", `Remark${i}`));
    const { stderr } = await fob(["enroll", "--dry-run", "-"], {
      input: [...uris, ODD_URI].join("\n"),
    });
    expect(englishWords(stderr, ["Odd", "Other", "period", "counter", "image", "secret"])).toEqual(
      [],
    );
    const file = join(folder, "known.txt");
    writeFileSync(file, [TOTP_URI, HOTP_URI].join("\n"));
    expect((await fob(["import", file])).stderr).toContain(
      accentuate("{1} tokens (few)").replace("{1}", "2"),
    );
  });

  test("an agent's errors hold none, and what it says to its clients is in English", async () => {
    const other = { env: { FOB_HOME: join(folder, "other"), FOB_PIN: "83517" } };
    await fob(["enroll", "-"], { ...other, input: HOTP_URI });
    await fob(["pin", "set"], other);
    await fob(["unlock"], other);
    try {
      const { stderr, exitCode } = await fob(["code", "nix"], {
        env: { FOB_HOME: join(folder, "other") },
      });
      expect({ exitCode, words: englishWords(stderr) }).toEqual({ exitCode: 3, words: [] });
      const inEnglish = await fob(["code", "nix"], {
        env: { FOB_HOME: join(folder, "other"), FOB_LANG: "en" },
      });
      expect(inEnglish.stderr).toContain("no token is called");
    } finally {
      await fob(["lock"], other);
    }
  });

  test.each<[args: readonly string[], input?: string]>([
    [["list"]],
    [["list", "--json"]],
    [["show", "ACME", "--plain"]],
    [["show", "ACME", "--json"]],
    [["code", "Example", "--at", "@59", "--json"]],
    [["doctor"]],
    [["doctor", "--json"]],
    [["pin", "status", "Guarded"]],
    [["pin", "status", "--json"]],
    [["inspect", "-"], ODD_URI],
    [["inspect", "-", "--json"], ODD_URI],
    [["inspect", "-", "--json"], "otpauth://totp/x?secret=1"],
    [["enroll", "--dry-run", "-"], TOTP_URI],
    [["config", "list"]],
    [["agent", "status"]],
    [["biometric", "status", "--json"]],
    [["verify", "ACME", "755224"]],
    [["export", "ACME", "--yes"]],
  ])("`fob %j` prints for programs what it prints in English", async (args, input = "") => {
    const [here, there] = await Promise.all([
      fob(args, { input }),
      fob(args, { input, env: { FOB_LANG: "en" } }),
    ]);
    expect(here.stdout).not.toContain("⟦");
    expect({ stdout: here.stdout, exitCode: here.exitCode }).toEqual({
      stdout: there.stdout,
      exitCode: there.exitCode,
    });
  });
});

describeWith({ tmux: "tmux" }, "at a terminal in another language", () => {
  let terminal: Terminal;

  beforeEach(() => {
    terminal = openTerminal(home, { FOB_LANG: "pl" });
    terminal.type(`fob() { '${process.execPath}' '${program}' "$@"; }; clear`, "Enter");
  });
  afterEach(() => terminal.close());

  /**
   * What the screen shows once it shows `text` in the pseudo-language, without the command line
   * that was typed.
   */
  async function see(text: string): Promise<string> {
    return (await terminal.see(accentuate(text).slice(1, -1))).replace(/^> .*$/gm, "");
  }

  test.each<[args: string, text: string, same: readonly string[]]>([
    ["list", "NAME", ["Example", "bob", "ann", "Guarded"]],
    ["show Guarded", "last used", ["Example", "bob", "Guarded", "key", "uri"]],
    ["pin status Guarded", "attempts left", ["Guarded"]],
    ["list --plain", "issuer", ["Example", "bob", "ann", "Guarded"]],
    ["config list", "SETTING", []],
    ["inspect 'otpauth://totp/x?secret=1'", "error", ["invalid"]],
  ])("`fob %s` shows no English", async (args, text, same) => {
    terminal.type(`clear; fob ${args}`, "Enter");
    const settings = [
      ...SETTING_KEYS.flatMap((key) => key.split(/[.-]/)),
      ...["auto", "file", "system", "name", "never", "true", "false"],
    ];
    // how long ago something was, Node says itself
    const shown = (await see(text)).replace(/\((\d+ \p{L}+ temu|teraz)\)/gu, "");
    await terminal.see(/^>\s*$/m);
    expect(englishWords(shown, [...same, ...settings, "secret"])).toEqual([]);
  });

  test("questions are asked in it, and a yes is understood", async () => {
    terminal.type("clear; fob code", "Enter");
    const tokens = ["Example", "bob", "ann", "Guarded", "ACME"];
    expect(englishWords(await see("Which token?"), tokens)).toEqual([]);
    terminal.type("guard");
    await terminal.see(/> Guarded \(bob\).*\n\s*\n/);
    terminal.type("Enter");
    expect(englishWords(await see("PIN "), [...tokens, "guard", "ctrl"])).toEqual([]);
    await terminal.interrupt();
    terminal.type("clear; fob remove ACME", "Enter");
    expect(englishWords(await see("Remove "), tokens)).toEqual([]);
    await terminal.interrupt();
    terminal.type("clear; fob --plain remove ACME", "Enter");
    await see("yes or no");
    terminal.type(accentuate("yes"), "Enter");
    expect(englishWords(await see("brings it back"), tokens)).toEqual([]);
    await fob(["restore", "ACME"]);
  });

  test("the screen of passcodes is in it", async () => {
    terminal.type("clear; fob code --watch", "Enter");
    const shown = await see("type to search");
    expect(englishWords(shown, ["Example", "bob", "ann", "Guarded"])).toEqual([]);
    terminal.type("zzz");
    expect(englishWords(await see("nothing is found"), ["zzz"])).toEqual([]);
    terminal.type("Escape", "Escape");
  });

  test("a new home is welcomed in it", async () => {
    terminal.type(`clear; FOB_HOME='${join(folder, "new")}' fob`, "Enter");
    const shown = await see("Then ");
    expect(englishWords(shown.replaceAll(/fob (?:enroll|import)/g, ""))).toEqual([]);
  });
});

describe("a translation", () => {
  const translations = [...readTranslations(), ["pl", pseudoLanguage(english)] as const];

  test.each(translations)(
    "in %s has every text with what stands in it, and every form that its nouns need",
    (language, translation) => {
      expect(faultsOf(language, translation)).toEqual([]);
    },
  );

  test("that lacks a text, a value or a form of a noun is found out", () => {
    const { texts, plurals } = pseudoLanguage(english);
    const [key = ""] = Object.keys(texts).filter((one) => one.includes("{1}"));
    const { [key]: _, ...fewer } = texts;
    const { token, ...others } = plurals;
    expect(faultsOf("pl", { texts: fewer, plurals })).toEqual([`lacks: ${key}`]);
    expect(faultsOf("pl", { texts: { ...texts, [key]: { text: "x" } }, plurals })).toEqual([
      `other values: ${key}`,
    ]);
    expect(faultsOf("pl", { texts, plurals: { ...others, token: { one: "{1} x" } } })).toEqual([
      "other forms: token",
    ]);
    expect(token).toBeDefined();
  });
});

/** What is wrong with a translation, one fault a line. */
function faultsOf(language: string, { texts, plurals }: Messages): string[] {
  const { pluralCategories } = new Intl.PluralRules(language.replace("_", "-")).resolvedOptions();
  const wanted = [...pluralCategories].sort().join();
  return [
    ...differences(Object.keys(english.texts), Object.keys(texts)),
    ...differences(Object.keys(english.plurals), Object.keys(plurals)),
    ...Object.entries(texts)
      .filter(([key, { text }]) => valuesIn(text) !== valuesIn(key))
      .map(([key]) => `other values: ${key}`),
    ...Object.entries(plurals)
      .filter(([, { files: _, ...forms }]) => {
        const hasNumbers = Object.values(forms).every((form) => String(form).includes("{1}"));
        return !hasNumbers || Object.keys(forms).sort().join() !== wanted;
      })
      .map(([noun]) => `other forms: ${noun}`),
  ];
}

function differences(wanted: readonly string[], found: readonly string[]): string[] {
  return [
    ...wanted.filter((key) => !found.includes(key)).map((key) => `lacks: ${key}`),
    ...found.filter((key) => !wanted.includes(key)).map((key) => `is no text of fob: ${key}`),
  ];
}

function valuesIn(text: string): string {
  return [...new Set(text.match(/\{\d+\}/g))].sort().join();
}
