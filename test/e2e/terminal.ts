import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { eventually } from "../waiting.ts";
import { FOB } from "./fob.ts";

/** A person's terminal of 80 x 24, in which `fob` is the program. */
export interface Terminal {
  /** Presses keys: text, or names as tmux knows them (`Enter`, `C-c`). */
  type(...keys: string[]): void;
  /**
   * Presses Ctrl-C and waits for the shell, since a program that still reads the terminal would
   * swallow what is typed next.
   */
  interrupt(): Promise<void>;
  /** Waits until the screen shows a text, and returns all of it. */
  see(text: string | RegExp): Promise<string>;
  /** Waits until the screen shows a text no more. */
  seeNoMore(text: string | RegExp): Promise<string>;
  resize(columns: number, rows: number): void;
  /**
   * What programs change about a terminal and must change back: `alternate screen`,
   * `cursor hidden`, `lines cut`.
   */
  modes(): string[];
  /** Runs another command of tmux, and returns what it prints. */
  tmux(...args: string[]): string;
  close(): void;
}

/** Opens a terminal whose shell has exactly these variables, beside what a shell needs. */
export function openTerminal(home: string, env: Readonly<Record<string, string>> = {}): Terminal {
  const server = `fob-${randomBytes(4).toString("hex")}`;
  const tmux = (...args: string[]) =>
    execFileSync("tmux", ["-L", server, "-f", "/dev/null", ...args], { encoding: "utf8" });
  const all = {
    FOB_HOME: home,
    FOB_KEYCHAIN: "file",
    HOME: home,
    PS1: "> ",
    // neither bash nor fob writes anything after the test has ended
    ...{ HISTFILE: "/dev/null", NODE_DISABLE_COMPILE_CACHE: "1" },
    ...env,
  };
  const variables = Object.entries({
    TERM: "screen",
    LANG: "C.UTF-8",
    PATH: process.env["PATH"] ?? "",
    ...all,
  }).map(([name, text]) => `${name}=${text}`);
  tmux(
    "-u",
    "new-session",
    "-d",
    "-x",
    "80",
    "-y",
    "24",
    "env",
    "-i",
    ...variables,
    "bash",
    "--norc",
  );
  const type = (...keys: string[]) => void tmux("send-keys", ...keys);
  type(`fob() { '${process.execPath}' '${FOB}' "$@"; }; clear`, "Enter");
  const see = <T>(what: string, look: () => T | undefined) =>
    eventually(what, look, { everyMs: 30, withinMs: 15_000 }).catch((error: Error) => {
      throw new Error(`${error.message}. It shows:\n${tmux("capture-pane", "-p")}`);
    });
  const interrupt = async () => {
    type("C-c");
    const isShell = () =>
      tmux("display-message", "-p", "#{pane_current_command}").trim() === "bash";
    await see("Ctrl-C has ended the program", () => (isShell() ? true : undefined));
  };
  const wait = (isThere: boolean, text: string | RegExp) =>
    see(`the screen ${isThere ? "shows" : "no longer shows"} ${text}`, () => {
      const shown = tmux("capture-pane", "-p");
      const isShown = typeof text === "string" ? shown.includes(text) : text.test(shown);
      return isShown === isThere ? shown : undefined;
    });
  return {
    type,
    interrupt,
    see: (text) => wait(true, text),
    seeNoMore: (text) => wait(false, text),
    resize: (columns, rows) =>
      void tmux("resize-window", "-x", String(columns), "-y", String(rows)),
    modes: () => tmux("display-message", "-p", MODES).trim().split(",").filter(Boolean),
    tmux,
    close: () => void tmux("kill-server"),
  };
}

const MODES =
  "#{?alternate_on,alternate screen,},#{?cursor_flag,,cursor hidden},#{?wrap_flag,,lines cut},#{?mouse_any_flag,mouse,}";
