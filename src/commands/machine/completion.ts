import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { defineCommand, required } from "#cli/command.ts";

/**
 * The completion script of each shell, as `npm run generate` makes it from the definitions of all
 * commands.
 */
const SCRIPTS: Readonly<Record<string, () => Promise<{ readonly default: string }>>> = {
  bash: () => import("../../../completions/fob.bash"),
  zsh: () => import("../../../completions/_fob"),
  fish: () => import("../../../completions/fob.fish"),
  powershell: () => import("../../../completions/fob.ps1"),
};

const SHELLS = Object.keys(SCRIPTS);

/** `fob completion`: prints the completion script of a shell. */
export const completion = defineCommand({
  name: "completion",
  summary: "print the completion script of a shell",
  description:
    "The shell's profile reads it: `source <(fob completion bash)` in ~/.bashrc, the same with zsh in ~/.zshrc after compinit, " +
    "`fob completion fish | source` in ~/.config/fish/config.fish, `fob completion powershell | Out-String | Invoke-Expression` in $PROFILE. " +
    "Names of tokens are completed while an agent holds the vault open, or where a key file opens it without a PIN; TAB never asks for anything.",
  arguments: { shell: required(SHELLS.join("|"), "the shell", SHELLS) },
  options: {},
  examples: [
    {
      command: "source <(fob completion bash)",
      explanation: "in ~/.bashrc; bash completes fob from then on",
    },
  ],
  async run({ shell }): Promise<{ readonly shell: string; readonly script: string }> {
    const load = Object.hasOwn(SCRIPTS, shell) ? SCRIPTS[shell] : undefined;
    if (!load)
      throw new FobError("usage", t`${JSON.stringify(shell)} is none of ${SHELLS.join(", ")}`);
    const { default: script } = await load();
    return { shell, script: script.trimEnd() };
  },
  isData: true,
  text: ({ script }) => script,
  json: (result) => result,
});
