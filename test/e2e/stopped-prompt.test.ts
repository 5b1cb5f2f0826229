import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { describeWith } from "../requires.ts";
import { FOB, HOTP_URI, homesLike } from "./fob.ts";
import { openTerminal } from "./terminal.ts";

const PIN = "2468135";

const guarded = homesLike(async ({ fob }) => {
  await fob(["enroll", "-"], { input: `${HOTP_URI}\n${HOTP_URI.replaceAll("ACME", "Bank")}` });
  await fob(["pin", "set"], { env: { FOB_PIN: PIN } });
});

/**
 * A command line, what it asks, what is typed before and after the stop, and what it then prints. A
 * list to pick from shows the found tokens after what it asks.
 */
const QUESTIONS: [string, string, string, string, string, RegExp?][] = [
  ["code ACME", "PIN of fob", "2468", "135", "755224"],
  ["code ACME --plain", "PIN of fob", "2468", "135", "755224"],
  ["remove ACME --pin-file pin", "Remove ACME", "y", "", "removed ACME"],
  ["remove ACME --pin-file pin --plain", "Remove ACME", "ye", "s", "removed ACME"],
  ["code --pin-file pin", "Which token", "Bank", "", "755224", /^> Bank/m],
];

describeWith({ tmux: "tmux" }, "a prompt that Ctrl-Z stops", () => {
  test.each(QUESTIONS)(
    "gives the terminal to the shell and goes on: fob %s",
    async (line, shown, before, after, printed, shownAgain) => {
      const { home } = await guarded();
      const terminal = openTerminal(home);
      onTestFinished(() => terminal.close());
      const modes = (name: string) => readFileSync(join(home, name), "utf8");
      writeFileSync(join(home, "pin"), PIN);
      // without a function: bash would stop only the function's first command
      terminal.type(`cd; stty -g >before; clear; '${process.execPath}' '${FOB}' ${line}`, "Enter");
      await terminal.see(shown);
      terminal.type(before);
      terminal.type("C-z");
      await terminal.see("Stopped");
      expect(terminal.modes()).toEqual([]);
      terminal.type("sh -c 'stty -g >during'; clear; jobs", "Enter");
      await terminal.see(/^\[1\]\+ {2}Stopped/);
      terminal.type("clear; fg", "Enter");
      await terminal.see(shownAgain ?? shown);
      terminal.type(after);
      terminal.type("Enter");
      expect(await terminal.see(printed)).not.toContain(PIN);
      terminal.type("clear; stty -g >after; jobs; echo ended", "Enter");
      expect((await terminal.see(/^ended/m)).trim()).toBe("ended\n>");
      expect(terminal.modes()).toEqual([]);
      // the shell edits lines in modes of its own, and gives programs the others
      expect(modes("during")).toBe(modes("before"));
      expect(modes("after")).toBe(modes("before"));
    },
  );
});
