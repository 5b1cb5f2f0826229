import { afterEach, beforeEach, expect, test } from "vitest";
import { describeWith } from "../requires.ts";
import { HOTP_URI, RFC_CODES, RFC_SECRET, type TestHome, TOTP_URI, testHome } from "./fob.ts";
import { openTerminal, type Terminal } from "./terminal.ts";

describeWith({ tmux: "tmux" }, "at a terminal", () => {
  let home: TestHome;
  let terminal: Terminal;
  const type = (...keys: string[]) => terminal.type(...keys);
  const see = (text: string | RegExp) => terminal.see(text);

  beforeEach(() => {
    home = testHome();
    terminal = openTerminal(home.home);
  });

  afterEach(() => terminal.close());

  test("an enrollment string is asked for without echo", async () => {
    type("fob enroll", "Enter");
    await see("Enrollment string");
    type(HOTP_URI);
    type("Enter");
    const shown = await see("enrolled ACME");
    expect(shown).not.toContain(RFC_SECRET);
    expect(shown).not.toContain("on the command line");
  });

  test("pasted lines are enrolled all or none, asked for again, and the passcode is shown", async () => {
    const paste = (text: string) => {
      terminal.tmux("set-buffer", text);
      terminal.tmux("paste-buffer", "-p");
      type("Enter");
    };
    type("fob enroll", "Enter");
    await see("Enrollment string");
    paste(`${TOTP_URI}\n${HOTP_URI.replace("secret=", "secret=1")}`);
    await see(/^fob: line 2: secret has a character/m);
    await see("Enrollment string");
    const half = TOTP_URI.indexOf("secret=") + 15;
    paste(`${TOTP_URI.slice(0, half)}\n${TOTP_URI.slice(half)}`);
    const shown = await see(/^passcode \d{4} \d{4}, good for \d+ second/m);
    const code = (/^passcode (.*?),/m.exec(shown)?.[1] ?? "").replace(" ", "");
    const { stdout } = await home.fob(["verify", "Example", code, "--json", "--window", "1"]);
    expect(JSON.parse(stdout).match).toBe(true);
    expect((await home.fob(["list"])).stdout).toMatch(/^Example.*\n$/);
  });

  test("an account that has another secret is asked about: left, kept beside it, or replaced", async () => {
    await home.fob(["enroll", "-"], { input: HOTP_URI });
    const other = HOTP_URI.replace("GEZDGNBV", "GEZDGNBW");
    const enrollOther = async (uri: string, answer: string) => {
      type("clear; fob enroll", "Enter");
      await see("Enrollment string");
      type(uri);
      type("Enter");
      await see("What now?");
      type(answer);
      await see(new RegExp(`^❯ ${answer}`, "m"));
      type("Enter");
    };
    await enrollOther(other, "leave");
    await see("nothing was enrolled");
    await enrollOther(other, "keep");
    await see("What shall the new token be called?");
    type("work", "Enter");
    await see("enrolled work");
    await enrollOther(HOTP_URI.replace("GEZDGNBV", "GEZDGNBX"), "replace");
    await see("enrolled ACME");
    expect((await home.fob(["list"])).stdout.trim().split("\n")).toHaveLength(1);
  });

  test("a token is picked by typing a part of its name, and its PIN asked for", async () => {
    await home.fob(["enroll", "-"], {
      input: `${HOTP_URI}\n${HOTP_URI.replaceAll("ACME", "Other")}`,
    });
    await home.fob(["pin", "set", "ACME"], { env: { FOB_PIN: "4711" } });
    type("fob code", "Enter");
    await see("Which token?");
    type("ac");
    // while the list is searched, Enter has no effect
    await terminal.seeNoMore("Other");
    type("Enter");
    await see("PIN for ACME");
    type("1704", "Enter");
    await see("wrong PIN for ACME (9 attempts left)");
    type("4711", "Enter");
    const shown = await see(RFC_CODES[0] ?? "");
    expect(shown).not.toContain("4711");
    // the questions have erased themselves
    expect(shown).not.toContain("Which token");
  });

  test("commands without a NAME offer the tokens that they are for", async () => {
    const ocra = HOTP_URI.replace("hotp", "ocra").replaceAll("ACME", "bank");
    const suite = encodeURIComponent("OCRA-1:HOTP-SHA1-6:QN08");
    await home.fob(["enroll", "-"], {
      input: [HOTP_URI, TOTP_URI, `${ocra}&suite=${suite}`].join("\n"),
    });
    type("fob rename", "Enter");
    await see(/^> ACME \(ann\) +event-based\n {2}bank.*\n {2}Example \(bob\) +time-based\n/m);
    type("exa", "Enter");
    await see("New name");
    type("shop", "Enter");
    await see("Example is now called shop");
    type("clear; fob show; echo code=$?", "Enter");
    await see("1/3");
    type("Escape");
    await see("code=130");
    type("clear; fob challenge", "Enter");
    await see("Challenge");
    type("00000000", "Enter");
    await see(/^\d{6}$/m);
    expect(terminal.modes()).toEqual([]);
    const shown = JSON.parse((await home.fob(["show", "shop", "--json"])).stdout);
    expect(shown.lastUsedAt).toBeNull();
  });

  test("what becomes of grants from before a PIN is asked", async () => {
    await home.fob(["enroll", "-"], { input: HOTP_URI });
    await home.fob(["access", "grant", "ci", "--token", "ACME"]);
    type("fob pin set acme", "Enter");
    await see(/opens without its PIN by grants: ci/);
    await see(/^❯ revoke them/m);
    type("Enter");
    await see("New PIN for ACME:");
    type("4711", "Enter");
    await see("once more");
    type("4711", "Enter");
    await see("PIN of ACME set");
    expect((await home.fob(["access", "list"])).stdout).toBe("");
  });

  test("a new PIN is typed twice", async () => {
    await home.fob(["enroll", "-"], { input: HOTP_URI });
    type("fob pin set acme", "Enter");
    await see("New PIN for ACME:");
    type("1234", "Enter");
    await see("this PIN is refused (run)");
    type("4711", "Enter");
    await see("once more");
    type("4712", "Enter");
    await see("the two answers differ");
    type("4711", "Enter");
    await see("once more");
    type("4711", "Enter");
    await see("PIN of ACME set");
  });

  test("Ctrl-C at a question ends with 130 and leaves everything as it was", async () => {
    await home.fob(["enroll", "-"], { input: HOTP_URI });
    type("fob remove acme", "Enter");
    await see("Remove ACME?");
    await terminal.interrupt();
    type("echo code=$?", "Enter");
    const shown = await see("code=130");
    expect(shown).not.toMatch(/fob:|Error/);
    expect((await home.fob(["code", "ACME"])).stdout).toBe(`${RFC_CODES[0]}\n`);
  });

  test("nothing is asked with --no-input or FOB_NO_INPUT", async () => {
    await home.fob(["enroll", "-"], { input: HOTP_URI });
    type(
      "fob code --no-input; echo first=$?; FOB_NO_INPUT=1 fob remove acme; echo second=$?",
      "Enter",
    );
    const shown = await see("second=5");
    expect(shown).toContain("first=5");
  });

  test("removing asks, and a list is a table", async () => {
    await home.fob(["enroll", "-"], { input: HOTP_URI });
    type("fob list", "Enter");
    await see(/^NAME {2}ISSUER {2}ACCOUNT {2}KIND {9}STATE$/m);
    type("fob remove acme", "Enter");
    await see("Remove ACME?");
    type("y", "Enter");
    await see("removed ACME");
  });
});
