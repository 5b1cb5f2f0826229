import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { afterEach, beforeEach, expect, test } from "vitest";
import { describeWith } from "../requires.ts";
import { FOB, HOTP_URI, RFC_CODES, RFC_SECRET, type TestHome, testHome } from "./fob.ts";

describeWith({ tmux: "tmux" }, "at a terminal", () => {
  let session: string;
  let home: TestHome;

  const tmux = (...args: string[]) => execFileSync("tmux", ["-L", session, ...args], { encoding: "utf8" });
  const screen = () => tmux("capture-pane", "-p");
  const type = (...keys: string[]) => tmux("send-keys", ...keys);

  beforeEach(() => {
    session = `fob-${randomBytes(4).toString("hex")}`;
    home = testHome();
    const env = [
      `FOB_HOME=${home.home}`,
      "FOB_KEYCHAIN=file",
      `HOME=${home.home}`,
      "PS1=> ",
      "HISTFILE=/dev/null",
      `PATH=${process.env["PATH"]}`,
    ];
    tmux("new-session", "-d", "-x", "80", "-y", "24", "env", "-i", "TERM=screen", ...env, "bash", "--norc");
    type(`fob() { '${process.execPath}' '${FOB}' "$@"; }; clear`, "Enter");
  });

  afterEach(() => {
    tmux("kill-server");
  });

  async function see(text: string | RegExp): Promise<string> {
    for (let tries = 0; tries < 150; tries++) {
      const shown = screen();
      if (typeof text === "string" ? shown.includes(text) : text.test(shown)) return shown;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error(`never saw ${text} on this screen:\n${screen()}`);
  }

  test("an enrollment string is asked for without echo", async () => {
    type("fob enroll", "Enter");
    await see("Enrollment string");
    type(HOTP_URI);
    type("Enter");
    const shown = await see("enrolled ACME");
    expect(shown).not.toContain(RFC_SECRET);
    expect(shown).not.toContain("on the command line");
  });

  test("a token is picked by typing a part of its name, and its PIN asked for", async () => {
    await home.fob(["enroll", "-"], { input: `${HOTP_URI}\n${HOTP_URI.replaceAll("ACME", "Other")}` });
    await home.fob(["pin", "set", "ACME"], { env: { FOB_PIN: "4711" } });
    type("fob code", "Enter");
    await see("Which token?");
    type("ac");
    await see(/^❯ ACME/m);
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
    type("C-c");
    type("echo code=$?", "Enter");
    const shown = await see("code=130");
    expect(shown).not.toMatch(/fob:|Error/);
    expect((await home.fob(["code", "ACME"])).stdout).toBe(`${RFC_CODES[0]}\n`);
  });

  test("nothing is asked with --no-input or FOB_NO_INPUT", async () => {
    await home.fob(["enroll", "-"], { input: HOTP_URI });
    type("fob code --no-input; echo first=$?; FOB_NO_INPUT=1 fob remove acme; echo second=$?", "Enter");
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
