import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, expect, onTestFinished, test } from "vitest";
import { connectTo } from "../agent/agent.ts";
import { HOTP_URI, RFC_CODES, runFob } from "../e2e/fob.ts";
import { describeWith } from "../requires.ts";
import { startUserManager, type UserManager } from "./user-manager.ts";
import { startDisplay } from "./x-display.ts";
import { xHands } from "./x-hands.ts";

const PIN = "83517";

/** A home whose name means something in a unit of systemd. */
const ODD = `100 %i $HOME "it's" \\n é`;

const NEEDED = {
  "user-manager": true,
  "systemd-analyze": "systemd",
  "pinentry-fltk": "pinentry-fltk",
  Xvfb: "xvfb",
  xdotool: "xdotool",
} as const;

describeWith(NEEDED, "the agent as a service (a real systemd --user)", () => {
  let manager: UserManager;
  let home: string;
  let press: ReturnType<typeof xHands>;

  const fob = (args: readonly string[], env: Record<string, string> = {}) =>
    runFob(args, { ...manager.env, FOB_HOME: home, FOB_KEYCHAIN: "file", ...env });

  /** The only socket in the folder of fob's sockets. */
  const sockets = () => {
    const folder = join(manager.runtime, "fob");
    return existsSync(folder)
      ? readdirSync(folder)
          .filter((name) => name.endsWith(".sock"))
          .map((name) => join(folder, name))
      : [];
  };
  const units = () => {
    const folder = join(manager.env["HOME"] ?? "", ".config/systemd/user");
    return readdirSync(folder)
      .filter((name) => name.startsWith("fob"))
      .map((name) => join(folder, name));
  };
  const ask = async (...lines: readonly string[]) => {
    const client = await connectTo(sockets()[0] ?? "");
    const answers: string[] = [];
    for (const line of lines) answers.push(await client.ask(line));
    client.socket.destroy();
    return answers;
  };

  beforeAll(async () => {
    const display = await startDisplay();
    press = xHands(display);
    manager = await startUserManager({ DISPLAY: display.name });
    const folder = mkdtempSync(join(tmpdir(), "fob-service-"));
    home = join(folder, ODD);
    mkdirSync(home);
    await runFob(
      ["enroll", "-"],
      { ...manager.env, FOB_HOME: home, FOB_KEYCHAIN: "file" },
      {
        input: HOTP_URI,
      },
    );
    await fob(["config", "set", "pinentry.program", "pinentry-fltk"]);
    await fob(["pin", "set"], { FOB_PIN: PIN });
    return async () => {
      await manager.close();
      display.stop();
      rmSync(folder, { recursive: true, force: true });
    };
  });

  test("is shown before it is written, and asked about", async () => {
    const shown = await fob(["agent", "install", "--dry-run"]);
    expect(shown.stdout).toMatch(/^write .*\.socket\n {4}# Written by `fob agent install`/);
    expect(await fob(["agent", "install"])).toMatchObject({
      exitCode: 5,
      stderr: expect.stringContaining("--yes"),
    });
    expect(existsSync(join(manager.env["HOME"] ?? "", ".config"))).toBe(false);
  });

  test("waits without a key, opens the vault for whoever needs it, and again after a lock", async () => {
    expect(await fob(["agent", "install", "--yes"])).toMatchObject({ exitCode: 0, stderr: "" });
    onTestFinished(async () => void (await fob(["agent", "remove", "--yes"])));
    expect(units()).toHaveLength(2);
    // says nothing where nothing is wrong
    const verified = spawnSync("systemd-analyze", ["--user", "verify", ...units()], {
      env: { ...process.env, ...manager.env },
      encoding: "utf8",
    });
    expect(verified).toMatchObject({ status: 0, stdout: "", stderr: "" });

    // a program without a terminal: the person is asked in a window, and may refuse
    expect(await ask("status")).toEqual(["error locked the vault is locked"]);
    const refused = ask("code ACME");
    await press("Escape");
    expect(await refused).toEqual(["error denied the question was cancelled"]);
    const opened = ask("#1 code ACME", "code ACME");
    await press(...PIN, "Return");
    expect(await opened).toEqual([`#1 ok ${RFC_CODES[0]}`, `ok ${RFC_CODES[1]}`]);

    // fob itself finds it by its claim, wherever it listens
    expect(await fob(["code", "ACME"])).toMatchObject({ stdout: `${RFC_CODES[2]}\n` });
    const { pid, socket } = JSON.parse((await fob(["agent", "status", "--json"])).stdout);
    expect([socket]).toEqual(sockets());

    // locked, nothing of it runs, and the next one answers
    expect(await fob(["lock"])).toMatchObject({ stderr: "locked\n" });
    expect(existsSync(`/proc/${pid}`)).toBe(false);
    expect(await ask("status")).toEqual(["error locked the vault is locked"]);
    expect(await fob(["code", "ACME", "--no-input"])).toMatchObject({ exitCode: 5 });

    // `fob unlock` gives it the vault instead of starting an agent beside it
    expect(await fob(["unlock", "--for", "30m"], { FOB_PIN: PIN })).toMatchObject({ exitCode: 0 });
    expect(await ask("code ACME")).toEqual([`ok ${RFC_CODES[3]}`]);
    const again = JSON.parse((await fob(["agent", "status", "--json"])).stdout);
    expect(again).toMatchObject({ socket });
    expect(again.pid).not.toBe(pid);
    expect(Date.parse(again.endsAt) - Date.parse(again.unlockedAt)).toBe(30 * 60_000);
    expect(manager.systemctl("show", "--property=MainPID", "--value", "fob-*.service")).toBe(
      String(again.pid),
    );
  });

  test("is gone when it is removed, with the key that it holds", async () => {
    await fob(["agent", "install", "--yes"]);
    await fob(["unlock"], { FOB_PIN: PIN });
    const { pid } = JSON.parse((await fob(["agent", "status", "--json"])).stdout);
    // a second installation ends the agent of the first
    expect(await fob(["agent", "install", "--yes"])).toMatchObject({ exitCode: 0 });
    expect(existsSync(`/proc/${pid}`)).toBe(false);
    await fob(["unlock"], { FOB_PIN: PIN });
    expect(await fob(["agent", "remove", "--yes"])).toMatchObject({ exitCode: 0, stderr: "" });
    expect(units()).toEqual([]);
    expect(sockets()).toEqual([]);
    expect(await fob(["agent", "status"])).toMatchObject({ exitCode: 8 });
    expect(await fob(["agent", "remove", "--yes"])).toMatchObject({ exitCode: 3 });
  });
});
