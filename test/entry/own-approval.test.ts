import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { constants, openSync } from "node:fs";
import { ReadStream, WriteStream } from "node:tty";
import { expect, onTestFinished, test } from "vitest";
import { terminalPrompt } from "#cli/prompt/prompts.ts";
import { approveHere } from "#entry/own-approval.ts";
import { describeWith } from "../requires.ts";

/** Holds a pseudo-terminal, whose path it prints, and reads what is shown there. */
const HOLDER = `
import os, pty
master, slave = pty.openpty()
print(os.ttyname(slave), flush=True)
while os.read(master, 65536): pass
`;

/** A terminal at which nobody types anything. */
async function emptyTerminal() {
  const holder = spawn("python3", ["-c", HOLDER], { stdio: ["ignore", "pipe", "inherit"] });
  const [path] = await once(holder.stdout.setEncoding("utf8"), "data");
  const device = String(path).trim();
  const open = () => openSync(device, constants.O_RDWR | constants.O_NOCTTY);
  const fd = open();
  const stdin = Object.assign(new ReadStream(fd), { fd });
  const stderr = new WriteStream(open());
  onTestFinished(() => {
    stdin.destroy();
    stderr.destroy();
    holder.kill("SIGKILL");
  });
  const modes = () => spawnSync("stty", ["-g", "-F", device], { encoding: "utf8" }).stdout;
  return { stdin, stderr, modes };
}

const USE = {
  token: { id: "1", name: "ACME", confirm: "always" },
  grantLabel: null,
} as unknown as Parameters<typeof approveHere>[0];

const NOBODY = {
  ask: () => Promise.reject(new Error("nobody is asked at the desktop")),
} as unknown as Parameters<typeof approveHere>[1]["notifier"];

describeWith({ python3: "python3" }, "a use that nobody answers at the terminal", () => {
  test.each([
    ["drawn", false],
    ["in plain lines", true],
  ])("is denied, and the terminal is given back: questions %s", async (_, isSpoken) => {
    const { stdin, stderr, modes } = await emptyTerminal();
    const before = modes();
    const terminal = { stdin, stderr, env: {} };
    const prompt = terminalPrompt({ available: true, isSpoken, hasColor: false, terminal });
    const ways = {
      prompt,
      notifier: NOBODY,
      pinentry: null,
      isInputAllowed: true,
      folder: "/nowhere/dist",
    };
    await expect(approveHere(USE, ways, 100)).rejects.toMatchObject({
      code: "denied",
      message: "nobody agreed that ACME is used",
    });
    expect(modes()).toBe(before);
    expect(stdin.listenerCount("data")).toBe(0);
    expect(stdin.isPaused()).toBe(true);
  });

  test("counts as asked only where somebody could be", async () => {
    const { stdin, stderr } = await emptyTerminal();
    const terminal = { stdin, stderr, env: {} };
    let asked = 0;
    const use = { ...USE, onAsk: () => void asked++ };
    const answer = (available: boolean, notifier = NOBODY) => {
      const prompt = terminalPrompt({ available, isSpoken: true, hasColor: false, terminal });
      const ways = { prompt, notifier, pinentry: null, isInputAllowed: true, folder: "/nowhere" };
      return approveHere(use, ways, 100);
    };
    await expect(answer(false)).rejects.toThrow("nobody is asked at the desktop");
    expect(asked).toBe(0);
    await expect(answer(true)).rejects.toMatchObject({ code: "denied" });
    expect(asked).toBe(1);
  });
});
