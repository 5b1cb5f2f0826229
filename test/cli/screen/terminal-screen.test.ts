import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { openTerminal, type Terminal } from "../../e2e/terminal.ts";
import { describeWith } from "../../requires.ts";

describeWith({ tmux: "tmux" }, "a terminal that a program draws on", () => {
  let folder: string;
  let terminal: Terminal;
  const type = (...keys: string[]) => terminal.type(...keys);
  const see = (text: string | RegExp) => terminal.see(text);

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), "fob-screen-"));
    await build({
      entryPoints: [fileURLToPath(new URL("key-watcher.ts", import.meta.url))],
      outfile: join(folder, "watcher.mjs"),
      bundle: true,
      platform: "node",
      format: "esm",
    });
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  beforeEach(async () => {
    terminal = openTerminal(folder);
    type(
      `cd '${folder}'; stty -a > before; '${process.execPath}' watcher.mjs; echo code=$?; stty -a > after; echo do''ne`,
      "Enter",
    );
    await see("80 x 24");
  });
  afterEach(() => terminal.close());

  /** Waits for the program's end, and compares the terminal with what it was. */
  async function seeRestored(code: number): Promise<void> {
    expect(await see("done")).toContain(`code=${code}`);
    expect(terminal.modes()).toEqual([]);
    const settings = (name: string) =>
      readFileSync(join(folder, name), "utf8").replace(/rows \d+; columns \d+/, "");
    expect(settings("after")).toBe(settings("before"));
  }

  async function signal(name: NodeJS.Signals): Promise<void> {
    const [, pid] = /process (\d+)\./.exec(await see(/process \d+\./)) ?? [];
    process.kill(Number(pid), name);
  }

  test("is its own while it does: an alternate screen without cursor", () => {
    expect(terminal.modes()).toEqual(["alternate screen", "cursor hidden", "lines cut"]);
  });

  test("is given back at the end", async () => {
    type("Up", "日本", "BSpace");
    await see(/up\n日本\nbackspace/);
    type("Escape");
    await seeRestored(0);
  });

  test("is given back after Ctrl-C", async () => {
    type("C-c");
    await seeRestored(130);
  });

  test.each([
    ["SIGTERM", 143],
    ["SIGHUP", 129],
    ["SIGQUIT", 131],
  ] as const)("is given back before %s ends the program", async (name, code) => {
    await signal(name);
    await seeRestored(code);
  });

  test("is given back before a failure is told, so that it can be read", async () => {
    type("C-f");
    await see("Error: it failed");
    await seeRestored(1);
  });

  test.each(["Ctrl-Z", "SIGTSTP", "SIGSTOP"])(
    "is taken again when the program continues after %s",
    async (how) => {
      type("Up");
      await see("up");
      if (how === "Ctrl-Z") type("C-z");
      else await signal(how as NodeJS.Signals);
      await see("Stopped");
      if (how !== "SIGSTOP") expect(terminal.modes()).toEqual([]);
      terminal.resize(60, 20);
      type("fg", "Enter");
      await see(/60 x 20[\s\S]*up/);
      expect(terminal.modes()).toHaveLength(3);
      type("Down", "Escape");
      await expect.poll(() => terminal.modes()).toEqual([]);
    },
  );

  test("is drawn anew when its size changes, and with Ctrl-L", async () => {
    terminal.resize(40, 6);
    await see("40 x 6");
    type("Up", "C-l", "Down");
    await see(/40 x 6\nprocess \d+\.\nup\ndown/);
  });

  test("is lent to a question of another maker", async () => {
    type("C-o");
    await see("asked aside?");
    expect(terminal.modes()).toEqual([]);
    type("yes", "Enter");
    await see("answer yes");
    expect(terminal.modes()).toHaveLength(3);
    type("Escape");
    await seeRestored(0);
  });
});
