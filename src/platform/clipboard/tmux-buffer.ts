import { spawn } from "node:child_process";
import { outputOf } from "#platform/program/tool.ts";

/** A limit for the list of buffers, far above its usual size. */
const MAX_BYTES = 1024 * 1024;

/**
 * Gives a text to tmux, which stores it for pasting and passes it on to the clipboard of its
 * terminal. False when that fails.
 */
export function giveToTmux(text: string): Promise<boolean> {
  return new Promise((resolve) => {
    const tmux = spawn("tmux", ["load-buffer", "-w", "-"], { stdio: ["pipe", "ignore", "ignore"] });
    tmux.once("error", () => resolve(false));
    tmux.once("close", (status) => resolve(status === 0));
    // tmux may end without reading; its status reports that
    tmux.stdin.once("error", () => undefined);
    tmux.stdin.end(text);
  });
}

/** Deletes a short text from all buffers of tmux. */
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
