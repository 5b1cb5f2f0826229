import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { quoteForShell } from "#base/shell-word.ts";
import { defineCommand, optional } from "#cli/command.ts";
import type { Context } from "#cli/context.ts";
import { readHeader } from "#vault/keys/header.ts";

/** Shells with functions of their own. `sh` is for every other one that keeps to POSIX. */
const SHELLS = ["bash", "zsh", "sh", "fish"] as const;
type Shell = (typeof SHELLS)[number];

/**
 * Where the functions find the agent. Without a vault the texts are empty, and they run `fob code`.
 */
interface Place {
  readonly socket: string;
  readonly vault: string;
}

/** `fob shellenv`: shell functions that answer without starting fob. */
export const shellenv = defineCommand({
  name: "shellenv",
  summary: "print shell functions that ask the agent without starting fob",
  description:
    "Defines fob_code. `fob_code NAME` prints a passcode, `fob_code -v VAR NAME` puts it into a variable. Both ask the agent that " +
    "`fob unlock` starts, over a connection that stays open (bash, zsh) or by nc (sh, fish), and fall back to `fob code`. " +
    "Without SHELL the output is for bash, zsh and POSIX shells.",
  arguments: { shell: optional("SHELL", "bash, zsh, sh or fish", SHELLS) },
  options: {},
  examples: [
    { command: 'eval "$(fob shellenv)"', explanation: "in ~/.bashrc or ~/.zshrc" },
    { command: "fob shellenv fish | source", explanation: "in ~/.config/fish/config.fish" },
  ],
  async run({ shell }, context: Pick<Context, "access" | "agent" | "shellFunctions">) {
    if (shell !== undefined && !isShell(shell))
      throw new FobError(
        "usage",
        t`there are no functions for ${JSON.stringify(shell)}: bash, zsh, sh or fish are possible`,
      );
    const { forShells } = await context.agent();
    const place: Place = { socket: forShells, vault: readHeader(context.access.home)?.id ?? "" };
    const functionsFor = async (one: Shell) =>
      [...assignments(one, place), await context.shellFunctions(one)].join("\n");
    return shell === undefined
      ? chooseInShell(functionsFor)
      : (await functionsFor(shell)).trimEnd();
  },
  isData: true,
  text: (script) => script,
  json: (script) => ({ script }),
});

function isShell(text: string): text is Shell {
  return (SHELLS as readonly string[]).includes(text);
}

function assignments(shell: Shell, { socket, vault }: Place): string[] {
  if (shell === "fish")
    return [
      `set -g _fob_socket ${quoteForFish(socket)}`,
      `set -g _fob_vault ${quoteForFish(vault)}`,
    ];
  return [`_fob_socket=${quoteForShell(socket)}`, `_fob_vault=${quoteForShell(vault)}`];
}

/**
 * A script that evaluates the functions for its shell: a shell cannot even parse those of others.
 */
async function chooseInShell(functionsFor: (shell: Shell) => Promise<string>): Promise<string> {
  const [zsh, bash, sh] = await Promise.all((["zsh", "bash", "sh"] as const).map(functionsFor));
  return [
    `if [ -n "\${ZSH_VERSION-}" ]; then eval ${quoteForShell(zsh ?? "")}`,
    // bash 3.2 of macOS cannot allocate file descriptors
    `elif [ "\${BASH_VERSINFO-0}" -ge 5 ] 2>/dev/null; then eval ${quoteForShell(bash ?? "")}`,
    `else eval ${quoteForShell(sh ?? "")}`,
    "fi",
  ].join("\n");
}

function quoteForFish(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}
