import { execFile } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import { RFC_SECRET } from "../e2e/fob.ts";
import { openTerminal } from "../e2e/terminal.ts";
import { describeWith } from "../requires.ts";
import { startDisplay } from "../system/x-display.ts";
import { makePerson } from "./person.ts";
import { recipe, snippet } from "./recipes.ts";

const TOKENS = ["gitlab", "vpn"]
  .map((name) => `otpauth://totp/${name}:ann?secret=${RFC_SECRET}&issuer=${name}`)
  .join("\n");

describeWith(
  { rofi: "rofi", Xvfb: "xvfb", xdotool: "xdotool", jq: "jq" },
  "rofi by the recipe",
  () => {
    const person = makePerson();
    beforeAll(() => person.fob(["enroll", "-"], { input: TOKENS }));

    test("gives the passcode of the token that a person picks", async () => {
      const display = await startDisplay();
      onTestFinished(() => display.stop());
      const env = { DISPLAY: display.name };
      const picking = person.run(recipe("rofi"), env);
      const xdotool = (...args: string[]) =>
        promisify(execFile)("xdotool", args, {
          env: { ...process.env, ...env },
          timeout: 20_000,
        });
      await xdotool("search", "--sync", "--onlyvisible", "--class", "rofi");
      // rofi has the keyboard before it has a window
      await xdotool("key", "v", "p", "n", "Return");
      expect(await picking).toMatchObject({ exitCode: 0 });
      expect(readFileSync(join(person.home, "passcode"), "utf8")).toMatch(/^\d{6}\n$/);
    });
  },
);

describeWith({ tmux: "tmux", nc: "netcat-openbsd" }, "tmux by the recipe", () => {
  const person = makePerson();
  beforeAll(() => person.fob(["enroll", "-"], { input: TOKENS }));

  test("shows the passcode in its status line", async () => {
    const { home } = person;
    writeFileSync(join(home, "tmux.conf"), snippet("", "status-right"));
    const terminal = openTerminal(home, { XDG_RUNTIME_DIR: home });
    onTestFinished(async () => {
      await person.run("fob lock; tmux -S status kill-server");
      terminal.close();
    });
    const start = 'cd; unset TMUX; eval "$(fob agent start --export)"';
    terminal.type(`${start}; tmux -S status -f tmux.conf`, "Enter");
    await terminal.see(/^\[0\].* \d{6}$/m);
  });
});
