import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import { homesLike, RFC_SECRET, type TestHome } from "../e2e/fob.ts";
import { openTerminal } from "../e2e/terminal.ts";
import { describeWith } from "../requires.ts";
import { startDisplay, type XDisplay } from "./x-display.ts";
import { xHands } from "./x-hands.ts";

const PIN = "739146";

const guarded = homesLike(async ({ fob }) => {
  const uri = `otpauth://totp/ACME:ann?secret=${RFC_SECRET}&issuer=ACME`;
  await fob(["enroll", "-", "--name", "vpn"], { input: uri });
  await fob(["pin", "set", "vpn"], { env: { FOB_PIN: PIN } });
});

async function attemptsLeft({ fob }: TestHome): Promise<number> {
  return JSON.parse((await fob(["pin", "status", "vpn", "--json"])).stdout).attemptsLeft;
}

describeWith(
  {
    "pinentry-fltk": "pinentry-fltk",
    Xvfb: "xvfb",
    xdotool: "xdotool",
    nc: "netcat-openbsd",
  },
  "the pinentry of the desktop",
  () => {
    let display: XDisplay;
    let env: Record<string, string>;
    let press: ReturnType<typeof xHands>;

    beforeAll(async () => {
      display = await startDisplay();
      env = { DISPLAY: display.name };
      press = xHands(display);
      return () => display.stop();
    });

    async function home(): Promise<TestHome> {
      const made = await guarded();
      await made.fob(["config", "set", "pinentry.program", "pinentry-fltk"]);
      return made;
    }

    test("asks for a PIN, and says why the last one was refused", async () => {
      const made = await home();
      const asked = made.fob(["code", "vpn"], { env });
      await press("1", "1", "2", "5", "Return");
      await press(...PIN, "Return");
      expect(await asked).toMatchObject({ exitCode: 0, stderr: "" });
      expect((await asked).stdout).toMatch(/^\d{6}\n$/);
    });

    test("costs no attempt when it is cancelled", async () => {
      const made = await home();
      const asked = made.fob(["code", "vpn"], { env });
      await press("Escape");
      expect(await asked).toEqual({
        stdout: "",
        stderr: "fob: the question was cancelled\n",
        exitCode: 4,
      });
      expect(await attemptsLeft(made)).toBe(10);
    });

    test("is not asked with --no-input, with FOB_PINENTRY=0, or without a display", async () => {
      const made = await home();
      for (const refused of [
        made.fob(["code", "vpn", "--no-input"], { env }),
        made.fob(["code", "vpn"], { env: { ...env, FOB_PINENTRY: "0" } }),
        made.fob(["code", "vpn", "--pinentry"]),
      ])
        expect(await refused).toMatchObject({ exitCode: 5 });
    });

    test("removes nothing for Escape, and removes a token for a typed yes", async () => {
      const made = await home();
      const refused = made.fob(["remove", "vpn"], { env });
      await press("Escape");
      expect((await refused).exitCode).toBe(130);
      const removed = made.fob(["remove", "vpn"], { env });
      await press("y", "e", "s", "Return");
      expect(await removed).toMatchObject({ exitCode: 0, stdout: "removed vpn\n" });
    });

    test("is opened by the agent for a program that sends no PIN", async () => {
      const made = await home();
      await made.fob(["unlock"], { env });
      onTestFinished(async () => void (await made.fob(["lock"])));
      const { socket } = JSON.parse((await made.fob(["agent", "status", "--json"])).stdout);
      const asked = promisify(execFile)("sh", [
        "-c",
        `printf 'code vpn\\n' | nc -N -U '${socket}'`,
      ]);
      await press(...PIN, "Return");
      expect((await asked).stdout).toMatch(/^ok \d{6}\n$/);
    });
  },
);

describeWith({ "pinentry-tty": "pinentry-tty", tmux: "tmux" }, "pinentry in a terminal", () => {
  test("asks at the terminal that GPG_TTY names", async () => {
    const { home, fob } = await guarded();
    const terminal = openTerminal(home);
    onTestFinished(() => terminal.close());
    terminal.type("exec tail -f /dev/null", "Enter");
    const GPG_TTY = terminal.tmux("display-message", "-p", "#{pane_tty}").trim();
    await fob(["config", "set", "pinentry.program", "pinentry-tty"]);
    const asked = fob(["code", "vpn"], { env: { GPG_TTY, TERM: "xterm" } });
    await terminal.see(/PIN:/);
    terminal.type(PIN, "Enter");
    expect(await asked).toMatchObject({ exitCode: 0 });
  });
});
