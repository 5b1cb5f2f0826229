import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { describeWith } from "../requires.ts";
import { HOTP_URI, homesLike } from "./fob.ts";
import { openTerminal } from "./terminal.ts";

const PIN = "2468135";
const QUESTION = "PIN of fob";

const guarded = homesLike(async ({ fob }) => {
  await fob(["enroll", "-"], { input: HOTP_URI });
  await fob(["pin", "set"], { env: { FOB_PIN: PIN } });
});

/** A home whose PIN is 2468135, with a file of enrollment strings, and a terminal in it. */
async function atTerminal() {
  const { home } = await guarded();
  const terminal = openTerminal(home);
  onTestFinished(() => terminal.close());
  writeFileSync(join(home, "strings"), HOTP_URI.replaceAll("ACME", "Bank"));
  const read = (name: string) => readFileSync(join(home, name), "utf8");
  return { terminal, read };
}

describeWith({ tmux: "tmux" }, "a PIN, where standard input is data", () => {
  test.each([
    ["enroll - <strings 2>said", "enrolled Bank"],
    ["cat strings | fob enroll - --json 2>said >printed", ""],
    ["code ACME --json 2>said", '"code": "755224"'],
  ])("is asked for at the terminal: fob %s", async (line, printed) => {
    const { terminal, read } = await atTerminal();
    const command = line.startsWith("cat") ? line : `fob ${line}`;
    terminal.type(
      `cd; clear; stty -g >before; ${command}; status=$?; stty -g >after; echo status=$status`,
      "Enter",
    );
    await terminal.see(QUESTION);
    terminal.type(PIN, "Enter");
    const shown = await terminal.see(/^status=0/m);
    expect(shown).toContain(printed);
    expect(shown).not.toContain(PIN);
    expect(read("said")).toBe("");
    expect(read("after")).toBe(read("before"));
  });

  test.each([
    ["with --no-input", "fob enroll - --no-input <strings"],
    ["where the command line does not name it", "fob code ACME <strings"],
    [
      "where there is no terminal",
      `declare -f fob >f; setsid -w bash -c '. ./f; fob enroll - <strings'`,
    ],
  ])("is not asked for %s", async (_where, command) => {
    const { terminal } = await atTerminal();
    terminal.type(`cd; clear; ${command}; echo status=$?`, "Enter");
    expect(await terminal.see(/^status=/m)).toMatch(/cannot ask here: PIN.*status=5/s);
  });
});
