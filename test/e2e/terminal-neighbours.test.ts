import { execFile, execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import { describeWith } from "../requires.ts";
import { until } from "../waiting.ts";
import { FOB, HOTP_URI, homesLike } from "./fob.ts";
import { openTerminal } from "./terminal.ts";

const NEIGHBOUR = fileURLToPath(new URL("terminal-neighbour.py", import.meta.url));

const enrolled = homesLike(({ fob }) => fob(["enroll", "-"], { input: HOTP_URI }));

/** Which descriptors are the terminal, the command line, and its exit code. */
const LINES = [
  ["02", "code ACME", 0],
  ["2", "code ACME --json", 0],
  ["012", "--version", 0],
  ["012", "__complete names", 0],
  ["02", "list --json", 0],
  ["012", "list", 0],
  ["02", "code nobody", 3],
  ["02", "enroll", 5],
] as const;

describeWith({ python3: "python3" }, "a program that sets the modes of fob's terminal", () => {
  test.each(LINES)(
    "finds them as it has set them: at %s, fob %s",
    async (terminals, line, code) => {
      const args = [...line.split(" "), ...(code === 5 ? ["--no-input"] : [])];
      expect(await besideNeighbour(terminals, [process.execPath, FOB, ...args])).toEqual({
        exitCode: code,
        changed: [],
      });
    },
  );

  test.each([
    ["INT", 130],
    ["TERM", 143],
  ])("finds them after SIG%s", async (signal, code) => {
    // more than fits into a pipe: fob runs when the last of it is written
    const script = `cd; mkfifo pipe; set -m; "$@" <pipe & { head -c 200000 /dev/zero; kill -${signal} $!; wait $!; } >pipe`;
    const fob = [process.execPath, FOB, "enroll", "-"];
    expect(await besideNeighbour("02", ["bash", "-c", script, "bash", ...fob])).toEqual({
      exitCode: code,
      changed: [],
    });
  });
});

async function besideNeighbour(terminals: string, command: readonly string[]) {
  const { home } = await enrolled();
  const { stdout } = await promisify(execFile)("python3", [NEIGHBOUR, terminals, ...command], {
    env: { PATH: process.env["PATH"], HOME: home, FOB_HOME: home, FOB_KEYCHAIN: "file" },
  });
  const { rounds, changed, exitCode } = JSON.parse(stdout);
  expect(rounds).toBeGreaterThan(20);
  return { exitCode, changed };
}

const programs = { tmux: "tmux", less: "less", "ssh-keygen": "openssh-client" };

describeWith(programs, "a program that reads fob's output", () => {
  test("asks for a passphrase without echo: fob code ACME | ssh-keygen", async () => {
    const { home } = await enrolled();
    const terminal = openTerminal(home);
    onTestFinished(() => terminal.close());
    const passphrase = "correct horse";
    execFileSync("ssh-keygen", [
      "-q",
      "-t",
      "ed25519",
      "-N",
      passphrase,
      "-f",
      join(home, "ssh-key"),
    ]);
    terminal.type(
      "cd; clear; { fob code ACME; touch ended; } | ssh-keygen -y -f ssh-key; echo status=$?",
      "Enter",
    );
    await terminal.see("Enter passphrase");
    await until("fob has ended", () => existsSync(join(home, "ended")));
    terminal.type(passphrase, "Enter");
    expect(await terminal.see("status=0")).not.toContain("correct");
  });

  test("pages and gives the terminal back: fob list --json | less", async () => {
    const { home } = await enrolled();
    const terminal = openTerminal(home);
    onTestFinished(() => terminal.close());
    terminal.type("cd; stty -g >before; clear; fob list --json | less", "Enter");
    await terminal.see("(END)");
    terminal.type("q");
    terminal.type("stty -g >after; clear; echo done", "Enter");
    await terminal.see(/^done/m);
    const read = (name: string) => readFileSync(join(home, name), "utf8");
    expect(read("after")).toBe(read("before"));
  });
});
