import { spawn } from "node:child_process";
import { outputOf } from "#platform/program/tool.ts";

/** Far more than tmux keeps. */
const MAX_BYTES = 1024 * 1024;

/**
 * Gives a text to tmux, which keeps it for pasting and hands it on to the clipboard of the terminal
 * around it. False when it cannot.
 */
export function giveToTmux(text: string): Promise<boolean> {
  return new Promise((resolve) => {
    const tmux = spawn("tmux", ["load-buffer", "-w", "-"], { stdio: ["pipe", "ignore", "ignore"] });
    tmux.once("error", () => resolve(false));
    tmux.once("close", (status) => resolve(status === 0));
    // it may end without reading, which its status tells
    tmux.stdin.once("error", () => undefined);
    tmux.stdin.end(text);
  });
}

/** Lets tmux forget a short text, wherever it lies among what was copied. */
export async function forgetInTmux(text: string): Promise<void> {
  const listed = await outputOf(
    ["tmux", "list-buffers", "-F", "#{buffer_name} #{buffer_sample}"],
    MAX_BYTES,
  );
  for (const line of listed?.toString("utf8").split("\n") ?? []) {
    const [, name = "", sample] = /^(\S+) (.*)$/.exec(line) ?? [];
    if (sample === text) await outputOf(["tmux", "delete-buffer", "-b", name], MAX_BYTES);
  }
}
