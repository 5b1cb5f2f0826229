import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { describeWith } from "../requires.ts";
import { HOTP_URI, RFC_CODES, type TestHome, TOTP_URI, testHome } from "./fob.ts";
import { openTerminal, type Terminal } from "./terminal.ts";

describe("--plain", () => {
  test("says a statement for every row, without what has nothing to say", async () => {
    const { fob } = testHome();
    await fob(["enroll", "-"], {
      input: `${HOTP_URI}\notpauth://totp/desk?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ`,
    });
    const { stdout } = await fob(["list", "--plain"]);
    expect(stdout).toBe(
      "name: ACME, issuer: ACME, account: ann, kind: event-based\nname: desk, account: desk, kind: time-based\n",
    );
    expect((await fob(["show", "ACME", "--plain"])).stdout).toMatch(/^name: ACME\nissuer: ACME\n/);
  });

  test("by FOB_PLAIN leaves to scripts what they expect", async () => {
    const { fob } = testHome();
    await fob(["enroll", "-"], { input: HOTP_URI });
    const { stdout } = await fob(["list"], { env: { FOB_PLAIN: "1" } });
    expect(stdout).toBe("ACME\tACME\tann\tevent-based\t-\n");
  });
});

describeWith({ tmux: "tmux" }, "a terminal that is read out", () => {
  let home: TestHome;
  let terminal: Terminal;
  const type = (...keys: string[]) => terminal.type(...keys);
  const see = (text: string | RegExp) => terminal.see(text);

  beforeEach(async () => {
    home = testHome();
    await home.fob(["enroll", "-"], { input: `${HOTP_URI}\n${TOTP_URI}` });
  });
  afterEach(() => terminal.close());

  test.each([{ FOB_PLAIN: "1" }, { TERM: "dumb" }])(
    "asks in lines that stay, with %j",
    async (env) => {
      terminal = openTerminal(home.home, env);
      await home.fob(["pin", "set", "ACME"], { env: { FOB_PIN: "4711" } });
      type("fob", "Enter");
      await see(/1: ACME \(ann\)\n2: Example \(bob\)\nWhich token\? Its number, or a part of it:/);
      type("e", "Enter");
      await see("that fits several");
      type("nothing", "Enter");
      await see("that fits none");
      type("1", "Enter");
      await see("PIN for ACME, typed unseen:");
      type("4711", "Enter");
      const shown = await see(RFC_CODES[0] ?? "");
      expect(shown).not.toContain("4711");
      expect(terminal.tmux("capture-pane", "-p", "-e")).not.toContain("\u001b[");
      type("fob remove example", "Enter");
      await see("Remove Example? yes or no:");
      await terminal.interrupt();
      type("echo code=$?", "Enter");
      await see("code=130");
    },
  );

  test("by a setting says rows as statements, and times as people do", async () => {
    await home.fob(["config", "set", "plain", "true"]);
    terminal = openTerminal(home.home);
    type("fob list", "Enter");
    await see("name: ACME, issuer: ACME, account: ann, kind: event-based\n");
    type("fob show ACME", "Enter");
    await see(/enrolled: \d{4}-\d\d-\d\d \d\d:\d\d \((\d+ (second|minute)s? ago|now)\)\n/);
  });

  test.each([
    ["fob list --codes", {}, true],
    ["fob list --codes", { NO_COLOR: "1" }, false],
    ["fob list --codes", { TERM: "dumb" }, false],
    ["fob list --codes --no-color", { FORCE_COLOR: "1" }, false],
    ["fob list --codes | cat", { FORCE_COLOR: "1" }, false],
    ["fob code", {}, true],
    ["fob code", { NO_COLOR: "1" }, false],
    ["fob code --no-color", { FORCE_COLOR: "1" }, false],
    ["fob code --watch", {}, true],
    ["fob code --watch --no-color", {}, false],
  ])("%s with %j has colours: %s", async (command, env, hasColors) => {
    terminal = openTerminal(home.home, env);
    type(command, "Enter");
    await see(/^.*ACME.*\n.*Example/m);
    expect(terminal.tmux("capture-pane", "-p", "-e").includes("\u001b[")).toBe(hasColors);
  });
});

describeWith({ tmux: "tmux" }, "fob alone", () => {
  test("welcomes whoever has no token, and offers tokens to whoever has some", async () => {
    const home = testHome();
    const terminal = openTerminal(home.home);
    try {
      terminal.type("fob", "Enter");
      expect(await terminal.see("`fob --help` lists everything else")).toContain(
        "fob enroll --screen",
      );
      await home.fob(["enroll", "-"], { input: HOTP_URI });
      // with one token there is nothing to ask
      terminal.type("fob", "Enter");
      await terminal.see(RFC_CODES[0] ?? "");
      await home.fob(["enroll", "-"], { input: TOTP_URI });
      terminal.type("fob", "Enter");
      await terminal.see("Which token?");
      terminal.type("Enter");
      await terminal.see(RFC_CODES[1] ?? "");
    } finally {
      terminal.close();
    }
  });

  test("is a command too few in a script", async () => {
    const { stdout, stderr, exitCode } = await testHome().fob([]);
    expect({ stdout, exitCode }).toEqual({ stdout: "", exitCode: 2 });
    expect(stderr).toBe("fob: a command is missing\nhint: fob --help lists the commands\n");
  });
});
