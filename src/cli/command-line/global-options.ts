import { declared } from "#base/language.ts";
import type { Candidates } from "#cli/command.ts";
import { KEYCHAIN_KINDS } from "#vault/keys/keychain-kind.ts";

/** An option that every command takes. */
export interface GlobalOption {
  readonly name: `--${string}`;
  /** Its short form. */
  readonly letter?: `-${string}`;
  readonly summary: string;
  /** The environment variable with the same meaning. */
  readonly variable?: string;
  /** The placeholder of its value in help; an option without one is a flag. */
  readonly placeholder?: string;
  readonly candidates?: Candidates;
}

/** The global options, in the order in which help lists them. */
export const GLOBAL_OPTIONS: readonly GlobalOption[] = [
  {
    name: "--home",
    placeholder: "DIR",
    summary: "where vault and settings live",
    variable: "FOB_HOME",
    candidates: "folder",
  },
  {
    name: "--keychain",
    placeholder: "KIND",
    summary: declared`who keeps the vault's key: ${KEYCHAIN_KINDS.join(", ")}`,
    variable: "FOB_KEYCHAIN",
    candidates: KEYCHAIN_KINDS,
  },
  {
    name: "--pin-file",
    placeholder: "FILE",
    summary: "read PINs from a file, one a line; - is standard input",
    variable: "FOB_PIN_FILE",
    candidates: "file",
  },
  { name: "--pin-fd", placeholder: "N", summary: "read PINs from a file descriptor" },
  { name: "--no-input", summary: "never prompt", variable: "FOB_NO_INPUT" },
  { name: "--json", summary: "print the result as JSON" },
  { name: "--quiet", letter: "-q", summary: "no remarks on standard error" },
  { name: "--no-color", summary: "no colours", variable: "NO_COLOR" },
  {
    name: "--plain",
    summary: "for screen readers: statements instead of tables and drawings",
    variable: "FOB_PLAIN",
  },
  {
    name: "--pinentry",
    summary: "where no terminal is, ask for PINs by the pinentry of the desktop",
    variable: "FOB_PINENTRY",
  },
];

/** Environment variables without an option of the same meaning. */
export const VARIABLES: Readonly<Record<string, string>> = {
  FOB_PIN: "a PIN for a script that has nothing better; `--pin-file` and `--pin-fd` are better",
  FOB_GRANT: "the grant of a script, as `fob access grant` printed it",
  FOB_AGENT_SOCK: "the agent's socket, as `fob agent start --export` prints it",
  FOB_TPM: "the TPM to use: a device such as /dev/tpmrm0, or `swtpm:SOCKET`",
  FOB_LANG:
    "the language that fob speaks, as `de`, if there is a translation; without it, LC_ALL, LC_MESSAGES and LANG say so",
  FOB_PAGER:
    "shows lists that are longer than the terminal, before PAGER and less; empty or `cat`: nothing does",
  FOB_DEBUG: "1 shows where an unforeseen failure happened",
  FORCE_COLOR: "1 keeps colours where standard output is no terminal",
};

/** The option that prints the version. */
export const VERSION_OPTION: GlobalOption = {
  name: "--version",
  letter: "-V",
  summary: "print the version",
};

/** The option that shows help. */
export const HELP_OPTION: GlobalOption = { name: "--help", letter: "-h", summary: "show help" };

/** An option in the notation of commander: `-q, --quiet`, `--home <DIR>`. */
export function flagsOf({ name, letter, placeholder }: GlobalOption): string {
  const long = placeholder === undefined ? name : `${name} <${placeholder}>`;
  return letter === undefined ? long : `${letter}, ${long}`;
}
