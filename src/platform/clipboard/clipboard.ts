import { type ChildProcess, spawn } from "node:child_process";
import { resolve as resolvePath } from "node:path";
import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import type { Clipboard, ClipboardKeeper } from "#cli/clipboard.ts";
import { readCopiedPicture } from "./copied-picture.ts";
import { type ClipboardProcess, displayOf, startCopy } from "./copy-process.ts";
import { copyByProgram } from "./copy-to-desktop.ts";
import { type Copy, forgetCopy, noteCopy } from "./latest-copy.ts";
import { clipboardSequence } from "./terminal-clipboard.ts";
import { giveToTmux } from "./tmux-buffer.ts";

/** The surroundings that the clipboard depends on. */
export interface ClipboardSurroundings {
  /** The path of the built program that clears the clipboard later. */
  readonly clearScript: string;
  readonly env: NodeJS.ProcessEnv;
  /** The terminal of the person, or null. */
  readonly terminal: NodeJS.WriteStream | null;
}

/**
 * Creates the clipboard: that of the desktop; over SSH, or without a desktop, that of the terminal.
 */
export function systemClipboard(surroundings: ClipboardSurroundings): Clipboard {
  const { env } = surroundings;
  let latest: Copy | null = null;
  /** The process that has filled the clipboard with the latest copy; null where fob itself has. */
  let filler: ClipboardProcess | null = null;
  const copyToDesktop = async (text: string, isForOnePaste: boolean) => {
    if (process.platform !== "linux") return copyByProgram(text, isForOnePaste, env);
    const order = { display: displayOf(env), text, isForOnePaste, latest };
    filler = await startCopy(() => startClearer(surroundings, "pipe"), order);
    return filler !== null;
  };
  /** Notes the copy before it is made: from then on, no earlier one is cleared. */
  const noting = async (keeper: ClipboardKeeper, copy: () => Promise<boolean>) => {
    filler = null;
    latest = noteCopy(keeper, env);
    const isCopied = await copy();
    if (!isCopied) forgetCopy(latest);
    return isCopied;
  };
  return {
    async copyOnce(text) {
      if (keepersFor(surroundings)[0] !== "desktop") return false;
      return noting("desktop", () => copyToDesktop(text, true));
    },
    async copy(text) {
      for (const keeper of keepersFor(surroundings)) {
        const copy = () =>
          keeper === "desktop" ? copyToDesktop(text, false) : COPYING[keeper](text, surroundings);
        if (await noting(keeper, copy)) return keeper;
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
        // a clipboard with only a picture has no text
        if (picture) return { picture, text: "" };
        throw new FobError("unavailable", t("the clipboard is empty, or cannot be reached"), {
          hint: hint(),
        });
      }
    },
    clearLater: (text, seconds, keeper) =>
      filler?.clearAfter(seconds) ??
      handOver(surroundings, JSON.stringify({ text, seconds, keeper, latest })),
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
 * Where to try to put the text, in order. Over SSH the desktop of this machine is not the one that
 * the person sees.
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

/** How to copy a text to each other place than the desktop. False when that fails. */
const COPYING: Readonly<
  Record<
    Exclude<ClipboardKeeper, "desktop">,
    (text: string, to: ClipboardSurroundings) => Promise<boolean>
  >
> = {
  tmux: (text) => giveToTmux(text),
  async terminal(text, { terminal, env }) {
    terminal?.write(clipboardSequence(text, env));
    return terminal !== null;
  },
};

/** What the programs of the clipboard need of the environment; nothing else is handed on. */
const NEEDED = [
  "PATH",
  "HOME",
  "USERPROFILE",
  "SystemRoot",
  "TMPDIR",
  "TEMP",
  "DISPLAY",
  "XAUTHORITY",
  "WAYLAND_DISPLAY",
  "XDG_RUNTIME_DIR",
  "XDG_SESSION_TYPE",
  "TMUX",
  "TMUX_TMPDIR",
  // clipboardy asks for them, and for Windows in its Linux
  "WSL_DISTRO_NAME",
  "WSL_INTEROP",
  "TERMUX_VERSION",
  "PREFIX",
];

function environmentToClear(ours: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const env = Object.fromEntries(
    NEEDED.flatMap((name) => (ours[name] ? [[name, ours[name]]] : [])),
  );
  const { XAUTHORITY } = env;
  // its working directory is another one
  return XAUTHORITY ? { ...env, XAUTHORITY: resolvePath(XAUTHORITY) } : env;
}

function startClearer(
  { clearScript, env }: ClipboardSurroundings,
  output: "ignore" | "pipe",
): ChildProcess {
  return spawn(process.execPath, [clearScript], {
    detached: true,
    env: environmentToClear(env),
    stdio: ["pipe", output, "ignore"],
    windowsHide: true,
  });
}

/** Starts a detached process and writes the order to its standard input. */
function handOver(surroundings: ClipboardSurroundings, order: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const child = startClearer(surroundings, "ignore");
    const fail = () =>
      reject(
        new FobError("unavailable", t("the clipboard was filled, but cannot be cleared later")),
      );
    child.once("error", fail);
    child.stdin?.once("error", fail);
    child.stdin?.end(order, () => {
      child.unref();
      resolve();
    });
  });
}
