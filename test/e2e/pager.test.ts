import { afterEach, beforeEach, expect, test } from "vitest";
import { describeWith } from "../requires.ts";
import { RFC_SECRET, type TestHome, testHome } from "./fob.ts";
import { openTerminal, type Terminal } from "./terminal.ts";

const COUNT = 40;

describeWith({ tmux: "tmux", less: "less" }, "a list that is longer than the terminal", () => {
  let home: TestHome;
  let terminal: Terminal | undefined;

  beforeEach(async () => {
    home = testHome();
    const uris = Array.from(
      { length: COUNT },
      (_, i) => `otpauth://totp/token${i + 1}?secret=${RFC_SECRET}`,
    );
    await home.fob(["enroll", "-"], { input: uris.join("\n") });
  });
  afterEach(() => terminal?.close());

  /** The terminal after this command line. */
  function run(line: string, env: Readonly<Record<string, string>> = {}): Terminal {
    terminal = openTerminal(home.home, env);
    terminal.type(`${line}; echo code=$?`, "Enter");
    return terminal;
  }

  test("is shown page by page until the person leaves", async () => {
    const { type, see } = run("fob list");
    const first = await see("token22");
    expect(first).toContain("NAME");
    expect(first).not.toContain("code=");
    type("Space");
    await see("token40");
    // the end of the text does not end it
    type("g");
    await see("token1 ");
    type("q");
    await see("code=0");
  });

  test("in a charset of its own, and with a pager of the person's", async () => {
    const env = { LC_ALL: "C", FOB_PAGER: "sed -n '$p' | tr a-z A-Z" };
    await home.fob(["rename", "token40", "zürich"]);
    await run("fob list", env).see(/^Z.RICH .*\n(?:.*\n)?code=0$/m);
  });

  test.each([
    ["fob list token4", {}, "token40"],
    ["fob list | tail -1", {}, "token40"],
    ["fob list --json | tail -c 3", {}, "]"],
    ["fob list", { FOB_PAGER: "cat" }, "token40"],
    ["fob list", { FOB_NO_INPUT: "1" }, "token40"],
    ["fob list --plain", {}, "token40"],
    // one that fails has shown nothing
    ["fob list", { FOB_PAGER: "false" }, "token40"],
    ["fob list", { FOB_PAGER: "kill -9 $$" }, "token40"],
  ])("is no matter for a pager with %s and %o", async (line, env, last) => {
    const shown = await run(line, env).see("code=0");
    expect(shown).toContain(last);
  });
});
