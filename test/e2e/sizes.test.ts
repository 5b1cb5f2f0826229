import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Readable, type Writable } from "node:stream";
import { stripVTControlCharacters } from "node:util";
import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { speak } from "#base/language.ts";
import { type Style, styleFor } from "#cli/output/style.ts";
import { displayWidth } from "#cli/output/width.ts";
import { type PushScreenState, QUIET, withRequests } from "#cli/screen/push-state.ts";
import { viewPush } from "#cli/screen/push-view.ts";
import type { ScreenSize, TerminalScreen } from "#cli/screen/terminal-screen.ts";
import type { WatchedToken } from "#cli/screen/watch-state.ts";
import { type Use, viewWatch } from "#cli/screen/watch-view.ts";
import { askYesNo } from "#cli/screen/yes-no-question.ts";
import { allCommands } from "#commands/commands.ts";
import { runProgram } from "#entry/program.ts";
import { NOW, pushRequest } from "../cli/screen/push-request.ts";
import { sampled } from "../sampled.ts";
import { HOTP_URI, RFC_SECRET, type TestHome, testHome } from "./fob.ts";
import { Collector } from "./in-process.ts";
import { englishMessages, pseudoLanguage } from "./pseudo-language.ts";

const WIDTHS = [40, 60, 80, 200] as const;

/** So wide that nothing is wrapped or cut. */
const ENDLESS = 4_000;

const SUITE = "OCRA-1%3AHOTP-SHA256-8%3AC-QN08-PSHA1";
const TOKENS = [
  HOTP_URI,
  `otpauth://totp/A%20company%20with%20a%20long%20name:somebody.with.a.name@mail.acme.example?secret=${RFC_SECRET}&issuer=A%20company%20with%20a%20long%20name&digits=8`,
  `otpauth://totp/%E6%97%A5%E6%9C%AC%E9%8A%80%E8%A1%8C:%E7%94%B0%E4%B8%AD?secret=${RFC_SECRET}`,
  `otpauth://ocra/Bank:ann?secret=${RFC_SECRET}&suite=${SUITE}&counter=0`,
];

/** What is printed in words, which are wrapped: nothing of it is lost on a narrow terminal. */
const IN_WORDS = [
  "show ACME",
  "doctor",
  "code nix",
  "list --watch",
  "config set color blue",
  "enroll otpauth://totp/x",
  "pin status ACME",
  "tag ACME work home",
  "tag company work home office laboratory customers suppliers",
  "access domain company",
  "access confirm company never",
  "favorite company",
];

/** Tables, whose cells are cut on a narrow terminal. */
const TABLES = [
  "access list",
  "list",
  "list --codes",
  "list --sort used",
  // without the remark about the file, which is wrapped
  "config list --quiet",
  "restore",
];

describe("what is printed on a terminal", () => {
  let home: TestHome;
  let folder: string;
  const removals: (() => void)[] = [];

  beforeAll(async () => {
    home = testHome((remove) => void removals.push(remove));
    await home.fob(["enroll", "-"], { input: TOKENS.join("\n") });
    await home.fob(["tag", "Bank", "work", "home"]);
    await home.fob(["enroll", "-", "--name", "an old one"], {
      input: `otpauth://totp/old?secret=${RFC_SECRET}`,
    });
    await home.fob(["remove", "an old one", "--yes"]);
    await home.fob(["code", "ACME"]);
    await home.fob(["access", "grant", "backup script", "--token", "ACME"]);
    // what is said of times stays the same
    vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + 100_000_000 });
    folder = mkdtempSync(join(tmpdir(), "fob-sizes-"));
    mkdirSync(join(folder, "messages"));
    writeFileSync(
      join(folder, "messages/pl.json"),
      JSON.stringify(pseudoLanguage(englishMessages())),
    );
  });

  afterAll(() => {
    vi.useRealTimers();
    speak(null, () => undefined);
    for (const remove of removals) remove();
    rmSync(folder, { recursive: true });
  });

  /** All that a terminal of this width shows of a command line. */
  async function shown(
    line: string,
    columns: number,
    more: Readonly<Record<string, string>> = {},
  ): Promise<string> {
    const stream = () => Object.assign(new Collector(), { isTTY: true, columns, rows: 24 });
    const [stdout, stderr] = [stream(), stream()];
    await runProgram(
      { version: "0", folder: join(folder, "dist") },
      {
        argv: line.split(" "),
        env: {
          HOME: home.home,
          FOB_HOME: home.home,
          FOB_KEYCHAIN: "file",
          LANG: "C.UTF-8",
          ...more,
        },
        stdin: Readable.from([]) as NodeJS.ReadStream,
        stdout: stdout as Writable as NodeJS.WriteStream,
        stderr: stderr as Writable as NodeJS.WriteStream,
      },
    );
    return stdout.text + stderr.text;
  }

  const ways = [
    { FOB_LANG: "en", NO_COLOR: "1" },
    { FOB_LANG: "pl", FORCE_COLOR: "1" },
  ] as const;

  test.each(IN_WORDS)("%s: every word, within the width", async (line) => {
    for (const way of ways) {
      const whole = words(await shown(line, ENDLESS, way));
      for (const columns of WIDTHS) {
        const text = await shown(line, columns, way);
        expect(words(text)).toEqual(whole);
        expect(tooWide(text, columns)).toEqual([]);
      }
    }
  });

  test.each(TABLES)("%s: every row, within the width", async (line) => {
    for (const way of ways) {
      const whole = (await shown(line, ENDLESS, way)).split("\n");
      for (const columns of WIDTHS) {
        const text = await shown(line, columns, way);
        expect(tooWide(text, columns)).toEqual([]);
        expect(text.split("\n")).toHaveLength(whole.length);
      }
    }
  });

  test("every screen: within the terminal, at any size, in colours or none, in another language", async () => {
    const sizes = [10, 24, 60].flatMap((rows) => WIDTHS.map((columns) => ({ columns, rows })));
    for (const { isEnglish, color } of SCREEN_WAYS) {
      speak(isEnglish ? null : join(folder, "messages/pl.json"), () => undefined);
      const style = await styleFor({ isTerminal: true, columns: 80, isSpoken: false, color });
      for (const size of sizes) {
        expect(screensOf(size, style).filter(([, lines]) => !fits(lines, size))).toEqual([]);
        const { lines, end } = await drawnQuestion(size, style);
        expect(end).toBe("interrupted");
        expect(fits(lines, size)).toBe(true);
        expect(words(lines.join(" "))).toEqual(expect.arrayContaining(words(USE_QUESTION)));
      }
    }
  });

  test("the help of commands: every word, within the width", async () => {
    const names = (await allCommands()).map(({ name }) => name);
    // accents make no text shorter
    const language = { FOB_LANG: "pl" };
    for (const name of ["", "lab user", ...sampled(names, 12)]) {
      const line = `${name} --help`.trim();
      const whole = words(await shown(line, ENDLESS, language));
      for (const columns of [40, 60, 80]) {
        const text = await shown(line, columns, language);
        expect({ line, words: words(text) }).toEqual({ line, words: whole });
        expect({ line, wide: tooWide(text, columns) }).toEqual({ line, wide: [] });
      }
    }
  });
});

const SCREEN_WAYS = [
  { isEnglish: true, color: "never" },
  { isEnglish: true, color: "always" },
  { isEnglish: false, color: "never" },
  { isEnglish: false, color: "always" },
] as const;

function fits(lines: readonly string[], { columns, rows }: ScreenSize): boolean {
  const widths = lines.map((line) => displayWidth(stripVTControlCharacters(line)));
  return lines.length <= rows && Math.max(...widths) <= columns;
}

const LATER = new Date(NOW.getTime() + 3_000);
const WATCHED: readonly WatchedToken["code"][] = [
  {
    ...{ kind: "timed", code: "12345678", next: "87654321" },
    ...{ validFrom: NOW, validUntil: LATER },
  },
  { kind: "counted", code: "123456", counter: 7n },
  { kind: "masked", by: "PIN" },
  { kind: "masked", by: "counter" },
  { kind: "masked", by: "list" },
  { kind: "masked", by: "question" },
  { kind: "none", why: "an administrator has to lift the access domain of this token first" },
];
const MANY_WATCHED: readonly WatchedToken[] = Array.from({ length: 80 }, (_, i) => ({
  id: String(i),
  label:
    i % 3 === 0
      ? "日本銀行 (田中)"
      : `A company with a long name ${i} (somebody@mail.acme.example)`,
  code: WATCHED[i % WATCHED.length] ?? { kind: "none", why: "" },
  lastUsedAt: i % 2 === 0 ? null : NOW,
}));
const LONG = "a question with many words that no narrow terminal has room for, ".repeat(4);

/** The live screens in their states, by name. */
function screensOf(size: ScreenSize, style: Style): [string, readonly string[]][] {
  const watch = (use: Use, found: readonly WatchedToken[], message: string) => {
    const state = { search: "a company", selected: Math.max(0, found.length - 1) };
    return viewWatch({ state, found, total: 80, now: NOW, use, message }, size, style);
  };
  const pick: Use = { kind: "pick", question: "Which token does the grant open?" };
  const push = (state: PushScreenState) =>
    viewPush({ state, tokens: ["vpn", "mail"], now: NOW }, size, style).lines;
  const asking = pushRequest("1", { title: LONG, question: LONG });
  const choosing = pushRequest("2", { options: ["17", "Blue car", "A longer answer than usual"] });
  return [
    ["passcodes", watch({ kind: "watch" }, MANY_WATCHED, "")],
    ["passcodes with a remark", watch({ kind: "watch" }, MANY_WATCHED, LONG)],
    ["no passcodes", watch({ kind: "watch" }, [], "")],
    ["a list to pick from", watch(pick, MANY_WATCHED, "")],
    ["no login request", push(QUIET)],
    ["a long login request", push(withRequests(QUIET, [asking], 1))],
    ["a request with a choice", push(withRequests(QUIET, [choosing], 1))],
    ["many requests", push(withRequests(QUIET, Array(7).fill(asking), 37))],
  ];
}

const USE_QUESTION = "Token: Mail; Program: /usr/bin/bash < tmux < systemd. May it use the token?";

/** The question about a use as a screen shows it, and what its end gives. */
async function drawnQuestion(size: ScreenSize, style: Style) {
  let lines: readonly string[] = [];
  const over = new AbortController();
  const terminal = {
    ...{ size, wake: () => undefined },
    draw: (drawn: readonly string[]) => {
      lines = drawn;
    },
    nextKey: async () => over.abort(),
  } as unknown as TerminalScreen;
  const end = await askYesNo({ terminal, style }, USE_QUESTION, over.signal).catch(
    ({ code }: { code: string }) => code,
  );
  return { lines, end };
}

/** The words of a text, but for what changes from one moment to the next. */
function words(text: string): string[] {
  return stripVTControlCharacters(text).replace(/\d+/g, "0").split(/\s+/);
}

/** The lines that a terminal would wrap, though they have more than one word. */
function tooWide(text: string, columns: number): string[] {
  return (
    stripVTControlCharacters(text)
      .split("\n")
      // a command line that can be copied stays whole
      .filter((line) => !line.startsWith("  $ "))
      .filter((line) => displayWidth(line) > columns && line.trim().includes(" "))
  );
}
