import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually } from "../waiting.ts";
import { busConfiguration, onBus } from "./private-bus.ts";
import { startDisplay } from "./x-display.ts";

/** What a notification shows, as the daemon has it: markup and all. */
export interface Shown {
  readonly summary: string;
  readonly body: string;
  readonly urgency: string;
}

/**
 * A session bus and a screen of their own, with the real dunst as the one who shows notifications.
 */
export interface NotificationBench {
  /** What a program needs to find the bus. */
  readonly env: Readonly<Record<string, string>>;
  /** Waits until a notification is shown whose title has this text. */
  see(title: string): Promise<Shown>;
  /** Presses the button with this number, from 1, of the notification that is shown. */
  press(button: number): void;
  /** Sends the notification away, as a click on it does. */
  dismiss(): void;
  /** How many notifications are on the screen. */
  count(): number;
  close(): void;
}

/**
 * Between the parts of what a notification shows, and after each: neither occurs in a text that is
 * safe to show.
 */
const [PART, END] = ["\u001f", "\u001e"];

/** Starts a session bus; with nobody who shows notifications, where `isBare`. */
export async function startNotificationBench({ isBare = false } = {}): Promise<NotificationBench> {
  const folder = mkdtempSync(join(tmpdir(), "fob-dunst-"));
  const address = `unix:path=${join(folder, "bus")}`;
  const display = isBare ? null : await startDisplay();
  const env = {
    DBUS_SESSION_BUS_ADDRESS: address,
    DISPLAY: display?.name ?? "",
    XDG_RUNTIME_DIR: folder,
  };
  const whole = { ...process.env, ...env };
  const children: ChildProcess[] = [];
  const start = async (command: string, args: readonly string[], busName: string) => {
    children.push(spawn(command, args, { env: whole, stdio: "ignore" }));
    await onBus("session", whole, busName);
  };
  const at = (name: string) => join(folder, name);
  writeFileSync(at("shown"), "");
  writeScript(
    at("note"),
    `printf '%s${PART}%s${PART}%s${END}' "$DUNST_SUMMARY" "$DUNST_BODY" "$DUNST_URGENCY" >>'${at("shown")}'`,
  );
  writeScript(at("choose"), `exec sed -n "$(cat '${at("choice")}')p"`);
  writeFileSync(at("bus.conf"), busConfiguration("session", address));
  writeFileSync(
    at("dunstrc"),
    `[global]\ndmenu = ${at("choose")}\n[everything]\nsummary = "*"\nscript = ${at("note")}\n`,
  );
  await start(
    "dbus-daemon",
    [`--config-file=${at("bus.conf")}`, "--nofork"],
    "org.freedesktop.DBus",
  );
  if (!isBare) await start("dunst", ["-conf", at("dunstrc")], "org.freedesktop.Notifications");

  const dunstctl = (...args: string[]) =>
    execFileSync("dunstctl", args, { env: whole, encoding: "utf8" });
  const shown = () => readFileSync(at("shown"), "utf8").split(END).slice(0, -1).map(parseShown);
  return {
    env,
    count: () => Number(dunstctl("count", "displayed")),
    see: (title) =>
      eventually(`a notification ${title}`, () =>
        shown().find(({ summary }) => summary.includes(title)),
      ),
    press(button) {
      writeFileSync(at("choice"), String(button));
      dunstctl("context");
    },
    dismiss: () => void dunstctl("close-all"),
    close() {
      for (const child of children.reverse()) child.kill("SIGKILL");
      display?.stop();
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

function writeScript(path: string, command: string): void {
  writeFileSync(path, `#!/bin/sh\n${command}\n`, { mode: 0o755 });
}

function parseShown(entry: string): Shown {
  const [summary = "", body = "", urgency = ""] = entry.split(PART);
  return { summary, body, urgency };
}
