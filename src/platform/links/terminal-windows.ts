import { isInstalled } from "#platform/program/find-program.ts";

/** A terminal, and what stands between its name and the command line that it runs. */
type Terminal = readonly [name: string, ...options: string[]];

/**
 * The terminals that fob knows: first those that stand for what the user or the system prefers,
 * then those of desktops, then others.
 */
const TERMINALS: readonly Terminal[] = [
  ["xdg-terminal-exec"],
  ["x-terminal-emulator", "-e"],
  ["kgx", "--"],
  ["ptyxis", "--"],
  ["gnome-terminal", "--"],
  ["konsole", "-e"],
  ["xfce4-terminal", "-x"],
  ["mate-terminal", "-x"],
  ["lxterminal", "-e"],
  ["foot"],
  ["kitty"],
  ["alacritty", "-e"],
  ["wezterm", "start", "--"],
  ["ghostty", "-e"],
  ["urxvt", "-e"],
  ["st", "-e"],
  ["xterm", "-e"],
];

/**
 * The command lines of the terminals of this machine, the preferred one first; the command line of
 * a program goes behind each. The variable TERMINAL, which window managers and xdg-open read,
 * counts before all of them.
 */
export function terminalWindows(env: NodeJS.ProcessEnv): readonly Terminal[] {
  const { TERMINAL = "" } = env;
  const [name = "", ...options] = TERMINAL.split(/\s+/).filter((word) => word !== "");
  const known = TERMINALS.find(([own]) => own === name);
  const wished: Terminal = options.length === 0 ? (known ?? [name, "-e"]) : [name, ...options];
  const all = name === "" ? TERMINALS : [wished, ...TERMINALS];
  return all.filter(([terminal]) => isInstalled(terminal, env));
}
