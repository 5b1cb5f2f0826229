import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, onTestFinished, test } from "vitest";
import { describeWith } from "../requires.ts";
import { until } from "../waiting.ts";
import { FOB, HOTP_URI, homesLike } from "./fob.ts";
import { openTerminal } from "./terminal.ts";

const guarded = homesLike(async ({ fob }) => {
  await fob(["enroll", "-"], { input: `${HOTP_URI}\n${HOTP_URI.replaceAll("ACME", "Bank")}` });
  await fob(["pin", "set"], { env: { FOB_PIN: "2468135" } });
});

const SIGNALS = ["SIGTERM", "SIGHUP", "SIGQUIT"] as const;

/** What is asked, and what the screen shows then. */
const QUESTIONS = [
  ["code ACME", "PIN of fob"],
  ["code ACME --plain", "PIN of fob"],
  ["remove ACME --pin-file pin", "emove"],
] as const;

/** Makes fob fail in the middle of a question. */
const CRASH = "SIGUSR2";
const SHIM = fileURLToPath(new URL("crash-shim.cjs", import.meta.url));

const CASES = [
  ...QUESTIONS.flatMap((question) => SIGNALS.map((signal) => [signal, ...question] as const)),
  [CRASH, "code --pin-file pin", "Which token"],
] as const;

describeWith({ tmux: "tmux" }, "a prompt that a signal or a failure ends", () => {
  test.each(CASES)("by %s leaves the terminal as it was: fob %s", async (signal, line, shown) => {
    const { home } = await guarded();
    const terminal = openTerminal(home);
    onTestFinished(() => terminal.close());
    const file = (name: string) => join(home, name);
    const read = (name: string) => readFileSync(file(name), "utf8");
    // this shell edits no lines, so that it sets no terminal itself
    const script = `cd "${home}"; echo 2468135 >pin; stty -g >before; sh -c 'echo $$ >pid; exec "${process.execPath}" --require "${SHIM}" "${FOB}" ${line}'; echo $? >status; stty -g >after; touch done`;
    writeFileSync(file("script"), script);
    terminal.type(`clear; sh "${file("script")}"`, "Enter");
    await terminal.see(shown);
    process.kill(Number(read("pid")), signal);
    await until("fob has ended", () => existsSync(file("done")), {
      everyMs: 30,
      withinMs: 15_000,
    });
    expect(read("after")).toBe(read("before"));
    expect(terminal.modes()).toEqual([]);
    const statuses = { SIGHUP: 129, SIGQUIT: 131, SIGTERM: 143, [CRASH]: 1 };
    expect(Number(read("status"))).toBe(statuses[signal]);
  });
});
