import { spawn } from "node:child_process";
import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import type { Clipboard, ClipboardKeeper } from "#cli/clipboard.ts";
import { readCopiedPicture } from "./copied-picture.ts";
import { clipboardSequence } from "./terminal-clipboard.ts";
import { giveToTmux } from "./tmux-buffer.ts";

/** What copying works with. */
export interface ClipboardSurroundings {
  /** The path of the built program that clears the clipboard later. */
  readonly clearScript: string;
  readonly env: NodeJS.ProcessEnv;
  /** The terminal that a person looks at, or null. */
  readonly terminal: NodeJS.WriteStream | null;
}

/**
 * The clipboard of the desktop; of the terminal where that is the one in front of the person, or
 * the only one.
 */
export function systemClipboard(surroundings: ClipboardSurroundings): Clipboard {
  return {
    async copy(text) {
      for (const keeper of keepersFor(surroundings)) {
        if (await COPYING[keeper](text, surroundings)) return keeper;
      }
      throw new FobError("unavailable", t("the clipboard cannot be reached"), {
        hint: hint(),
      });
    },
    async paste() {
      const picture = await readCopiedPicture();
      try {
        const { default: clipboard } = await import("clipboardy");
        return { picture, text: await clipboard.read() };
      } catch {
        // a clipboard that holds a picture alone has no text to give
        if (picture) return { picture, text: "" };
        throw new FobError("unavailable", t("the clipboard is empty, or cannot be reached"), {
          hint: hint(),
        });
      }
    },
    clearLater: (text, seconds, keeper) =>
      handOver(surroundings.clearScript, JSON.stringify({ text, seconds, keeper })),
  };
}

function hint(): string {
  return process.platform === "linux"
    ? t(
        "it needs a desktop session (DISPLAY or WAYLAND_DISPLAY) and xclip or wl-clipboard, or a terminal that takes OSC 52",
      )
    : t("is there a desktop session?");
}

/**
 * Who may keep a copied text, the first who can. Over SSH the desktop here is not the one in front
 * of the person.
 */
function keepersFor({ env, terminal }: ClipboardSurroundings): readonly ClipboardKeeper[] {
  const isRemote = Boolean(env["SSH_TTY"] || env["SSH_CONNECTION"]);
  const desktop: readonly ClipboardKeeper[] = hasDesktop(env) ? ["desktop"] : [];
  const isDrawable = terminal !== null && env["TERM"] !== "dumb";
  const around: readonly ClipboardKeeper[] = [
    ...(isDrawable && env["TMUX"] ? ["tmux" as const] : []),
    ...(isDrawable ? ["terminal" as const] : []),
  ];
  return isRemote ? [...around, ...desktop] : [...desktop, ...around];
}

function hasDesktop(env: NodeJS.ProcessEnv): boolean {
  if (process.platform === "darwin" || process.platform === "win32") return true;
  return ["DISPLAY", "WAYLAND_DISPLAY", "WSL_DISTRO_NAME", "TERMUX_VERSION"].some(
    (name) => env[name],
  );
}

/** How each takes a text. False when it cannot. */
const COPYING: Readonly<
  Record<ClipboardKeeper, (text: string, to: ClipboardSurroundings) => Promise<boolean>>
> = {
  async desktop(text) {
    try {
      const { default: clipboard } = await import("clipboardy");
      await clipboard.write(text);
      return true;
    } catch {
      // the package's error holds what was to be copied, so it goes no further
      return false;
    }
  },
  tmux: (text) => giveToTmux(text),
  async terminal(text, { terminal, env }) {
    terminal?.write(clipboardSequence(text, env));
    return terminal !== null;
  },
};

/** Starts a process of its own, gives it the order on its standard input, and lets go of it. */
function handOver(script: string, order: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [script], {
      detached: true,
      stdio: ["pipe", "ignore", "ignore"],
      windowsHide: true,
    });
    const fail = () =>
      reject(
        new FobError("unavailable", t("the clipboard was filled, but cannot be cleared later")),
      );
    child.once("error", fail);
    child.stdin.once("error", fail);
    child.stdin.end(order, () => {
      child.unref();
      resolve();
    });
  });
}
