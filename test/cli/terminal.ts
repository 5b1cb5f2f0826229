import { execFileSync } from "node:child_process";
import { randomBytes } from "node:crypto";
import { FOB } from "./fob.ts";

/** A person's terminal of 80 x 24, in which `fob` is the program. */
export interface Terminal {
  /** Presses keys: text, or names as tmux knows them (`Enter`, `C-c`). */
  type(...keys: string[]): void;
  /** Waits until the screen shows a text, and returns all of it. */
  see(text: string | RegExp): Promise<string>;
  close(): void;
}

/** Opens a terminal whose shell has exactly these variables, beside what a shell needs. */
export function openTerminal(home: string, env: Readonly<Record<string, string>> = {}): Terminal {
  const server = `fob-${randomBytes(4).toString("hex")}`;
  const tmux = (...args: string[]) => execFileSync("tmux", ["-L", server, ...args], { encoding: "utf8" });
  const screen = () => tmux("capture-pane", "-p");
  const all = { FOB_HOME: home, FOB_KEYCHAIN: "file", HOME: home, PS1: "> ", HISTFILE: "/dev/null", ...env };
  const variables = Object.entries({ ...all, PATH: process.env["PATH"] ?? "" }).map(
    ([name, text]) => `${name}=${text}`,
  );
  tmux("new-session", "-d", "-x", "80", "-y", "24", "env", "-i", "TERM=screen", ...variables, "bash", "--norc");
  const type = (...keys: string[]) => void tmux("send-keys", ...keys);
  type(`fob() { '${process.execPath}' '${FOB}' "$@"; }; clear`, "Enter");
  return {
    type,
    async see(text) {
      for (let tries = 0; tries < 150; tries++) {
        const shown = screen();
        if (typeof text === "string" ? shown.includes(text) : text.test(shown)) return shown;
        await new Promise((resolve) => setTimeout(resolve, 100));
      }
      throw new Error(`never saw ${text} on this screen:\n${screen()}`);
    },
    close: () => void tmux("kill-server"),
  };
}
