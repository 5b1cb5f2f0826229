import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { describeWith } from "../requires.ts";
import { HOTP_URI, RFC_CODES, RFC_SECRET, type TestHome, TOTP_URI, testHome } from "./fob.ts";
import { openTerminal, type Terminal } from "./terminal.ts";

/** Its passcodes end every six seconds, so that the next one is soon to be seen. */
const FAST_URI = `otpauth://totp/fast?secret=${RFC_SECRET}&period=6`;

describeWith({ tmux: "tmux" }, "the screen of passcodes", () => {
  let home: TestHome;
  let terminal: Terminal;
  const type = (...keys: string[]) => terminal.type(...keys);
  const see = (text: string | RegExp) => terminal.see(text);

  beforeEach(() => {
    home = testHome();
    terminal = openTerminal(home.home);
  });
  afterEach(() => terminal.close());

  async function watch(uris: readonly string[], ...args: readonly string[]): Promise<void> {
    await home.fob(["enroll", "-"], { input: uris.join("\n") });
    type(`fob ${args.join(" ")}; echo code=$?`, "Enter");
    await see("Search: _");
  }

  test("groups passcodes for reading, counts down, and shows what comes next", async () => {
    await watch([TOTP_URI, FAST_URI], "code --watch");
    await see(/^> Example \(bob\) +\d{4} \d{4} {2}[█░]{10} +\d+ s$/m);
    await see(/fast +\d{3} \d{3} {2}[!░]{10} {2}[1-5] s {2}next \d{3} \d{3}$/m);
  });

  test("finds by typing, selects with arrows, and copies through the terminal with Enter", async () => {
    terminal.tmux("set", "-s", "set-clipboard", "on");
    await watch(
      [TOTP_URI, FAST_URI, TOTP_URI.replaceAll("Example", "Other")],
      "list --codes --watch",
    );
    type("xmp");
    await see(/1\/1 of 3\n\n> Example/);
    type("Escape");
    await see(/> Example.*\n {2}fast.*\n {2}Other/);
    type("Down", "Down", "Enter");
    await see("copied by the terminal");
    const copied = terminal.tmux("show-buffer").trim();
    expect(copied).toMatch(/^\d{8}$/);
    const { stdout } = await home.fob(["verify", "Other", copied, "--json"]);
    expect(JSON.parse(stdout).match).toBe(true);
    type("Escape");
    await see("code=0");
    expect(terminal.modes()).toEqual([]);
  });

  test("makes an event-based passcode on demand, and moves its counter on durably", async () => {
    await watch([HOTP_URI], "code --watch");
    await see(/> ACME.*event-based/);
    type("Tab");
    await see(/755 224 {2}counter 0/);
    expect(JSON.parse((await home.fob(["show", "ACME", "--json"])).stdout).counter).toBe(1);
    type("Tab");
    await see(/287 082 {2}counter 1/);
    type("Escape");
    await see("code=0");
    expect((await home.fob(["code", "ACME"])).stdout).toBe(`${RFC_CODES[2]}\n`);
  });

  test("masks a token with a PIN until it is unlocked, and forgets the PIN with the screen", async () => {
    await home.fob(["enroll", "-"], { input: FAST_URI });
    await home.fob(["pin", "set", "fast"], { env: { FOB_PIN: "4711" } });
    await watch([], "code --watch");
    await see(/> fast +••• ••• {2}needs its PIN/);
    type("Tab");
    await see("PIN for fast:");
    type("1704", "Enter");
    await see("wrong PIN for fast (9 attempts left)");
    type("4711", "Enter");
    expect(await see(/> fast +\d{3} \d{3}/)).not.toContain("4711");
    // it stays unlocked beyond the end of this passcode
    await see(/ {2}next \d{3} \d{3}$/m);
    await terminal.seeNoMore("next");
    await see(/> fast +\d{3} \d{3}/);
    type("Tab");
    await see("needs its PIN");
    type("Enter");
    await see("PIN for fast:");
    type("Escape");
    await see("it stays locked");
    type("C-c");
    await see("code=130");
    expect(terminal.modes()).toEqual([]);
  });

  test("fits a terminal of any size", async () => {
    await watch(
      [TOTP_URI.replaceAll("Example", "日本語の長い名前のトークン"), FAST_URI],
      "code --watch",
    );
    for (const [columns, rows] of [
      [40, 8],
      [24, 6],
      [12, 3],
    ] as const) {
      terminal.resize(columns, rows);
      const shown = await see(columns > 12 ? /fast +\d{3} \d{3}/ : /^> +\d{3} \d{3}/m);
      expect(shown.trimEnd().split("\n").length).toBeLessThanOrEqual(rows);
    }
    terminal.resize(80, 24);
    await see(/fast.*[█!░]{10}/);
  });

  test("shows a token that somebody enrolls meanwhile", async () => {
    await watch([TOTP_URI], "code --watch");
    await home.fob(["enroll", "-"], { input: FAST_URI });
    await see(/fast +\d{3} \d{3}/);
  });

  test("is a line for every new passcode where no screen is wanted, until nobody reads", async () => {
    await home.fob(["enroll", "-"], { input: `otpauth://totp/two?secret=${RFC_SECRET}&period=2` });
    type("fob code two --watch | head -n 2; echo $PIPESTATUS", "Enter");
    await see(/\n\d{6}\n\d{6}\n0\n/);
    type("clear; fob --plain code --watch; echo code=$?", "Enter");
    await see(/^two: \d{3} \d{3}, [01] seconds? left\ntwo: \d{3} \d{3}, /m);
    type("C-c");
    await see("code=130");
    type("clear; fob code two --watch --json | head -n 2", "Enter");
    await see(/^\{"name":"two","code":"\d{6}",/m);
  });
});

describe("watching without a terminal", () => {
  test.each([
    [["code", "ACME", "--watch"], 2, "do not change by themselves"],
    [["code", "--watch"], 3, "nothing to watch"],
    [["code", "--watch", "--copy"], 2, "--watch goes on"],
    [["list", "--watch"], 2, "--watch is for --codes"],
  ])("%j ends with %i", async (args, exitCode, message) => {
    const { fob } = testHome();
    await fob(["enroll", "-"], { input: HOTP_URI });
    expect(await fob(args)).toMatchObject({
      exitCode,
      stdout: "",
      stderr: expect.stringContaining(message),
    });
  });
});
