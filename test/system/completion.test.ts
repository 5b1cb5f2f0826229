import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { FOB, RFC_SECRET, testHome } from "../e2e/fob.ts";
import { openTerminal, type Terminal } from "../e2e/terminal.ts";
import { describeWith } from "../requires.ts";
import { sampled } from "../sampled.ts";

/** A shell, as a person starts it and has it complete fob. */
interface Shell {
  readonly start: string;
  readonly setUp: string;
}

const SHELLS: Readonly<Record<string, Shell>> = {
  bash: { start: "bash --norc", setUp: "source <(fob completion bash)" },
  zsh: {
    start: "zsh -f",
    setUp: "PS1='> '; autoload -U compinit; compinit -u -D; source <(fob completion zsh)",
  },
  fish: {
    start: "fish --no-config",
    setUp:
      "set fish_autosuggestion_enabled 0; function fish_prompt; echo '> '; end; fob completion fish | source",
  },
};

const OTHER_WAYS: Readonly<Record<string, Shell>> = {
  "bash with bash-completion": {
    start: "bash --norc",
    setUp: ". /usr/share/bash-completion/bash_completion; source <(fob completion bash)",
  },
  "zsh with a folder of functions": {
    start: "zsh -f",
    setUp:
      "PS1='> '; fob completion zsh > functions/_fob; fpath+=(~/functions); autoload -U compinit; compinit -u -D",
  },
};

/** Names that a shell reads as something else unless they are quoted. */
const NAMES = [
  "plain",
  "My token",
  `it's "so"`,
  "ACME:ann@acme.test",
  "Zürich ☂",
  "$HOME `id` \\ 100%!",
];

/** What is typed before TAB, and the name that it stands for. */
const BEGINNINGS: readonly [string, string][] = [
  ["pl", "plain"],
  ["PL", "plain"],
  ["acme:A", "ACME:ann@acme.test"],
  ["My\\ t", "My token"],
  ['"My t', "My token"],
  ["'My t", "My token"],
  ["it", `it's "so"`],
  [`"it's`, `it's "so"`],
  ["ACME:a", "ACME:ann@acme.test"],
  ["ACME:ann@", "ACME:ann@acme.test"],
  ["Zü", "Zürich ☂"],
  ["'$H", "$HOME `id` \\ 100%!"],
  ["\\$H", "$HOME `id` \\ 100%!"],
];

/** What is typed before TAB, and the line after it. */
const LINES: readonly [string, string][] = [
  ["fob prov", "fob provision"],
  ["fob access gr", "fob access grant"],
  ["fob --quiet pin se", "fob --quiet pin set"],
  ["fob code --ne", "fob code --next"],
  ["fob list --pl", "fob list --plain"],
  ["fob export --pin-", "fob export --pin-f"],
  ["fob code plain --min", "fob code plain --min-validity"],
  ["fob --keychain=fi", "fob --keychain=file"],
  ["fob provision totp --algorithm SHA51", "fob provision totp --algorithm SHA512"],
  ["fob access grant ci --token plain pl", "fob access grant ci --token plain plain"],
  ["fob access domain plain ful", "fob access domain plain full"],
  ["fob --home other code els", "fob --home other code elsewhere"],
  ["fob run --token plain -- mkfif", "fob run --token plain -- mkfifo"],
  ["fob run --token plain -- cat expo", "fob run --token plain -- cat exported.json"],
  ["fob import expo", "fob import exported.json"],
  ["fob enroll --qr expo", "fob enroll --qr exported.json"],
  ["fob rm pl", "fob rm plain"],
  ["fob --quiet ls --co", "fob --quiet ls --codes"],
  ["fob --home oth", "fob --home other/"],
];

const requirements = { tmux: "tmux", zsh: "zsh", fish: "fish" };

/**
 * Each TAB and each look at a token is a start of fob; a busy machine takes its time for dozens of
 * them.
 */
const timeout = 240_000;

describeWith(requirements, "TAB", () => {
  let home = "";
  let removeHome = () => {};

  beforeAll(async () => {
    const made = testHome((remove) => {
      removeHome = remove;
    });
    home = made.home;
    for (const [i, name] of NAMES.entries()) await enroll(made.home, name, `account-${i}`);
    await enroll(join(home, "other"), "elsewhere", "another");
    mkdirSync(join(home, "bin"));
    mkdirSync(join(home, "functions"));
    symlinkSync(FOB, join(home, "bin/fob"));
    writeFileSync(join(home, "exported.json"), "{}");

    async function enroll(into: string, name: string, account: string) {
      const uri = `otpauth://hotp/${account}?secret=${RFC_SECRET}`;
      const { stderr } = await made.fob(["enroll", "--home", into, "--yes", "--name", name, "-"], {
        input: uri,
      });
      expect(stderr).not.toContain("fob:");
    }
  });
  afterAll(() => removeHome());

  test.each(Object.entries(SHELLS))(
    "in %s completes commands, options, words and files",
    { timeout },
    async (_, shell) => {
      await completeLines(await openShell(home, shell), sampled(LINES, 2));
    },
  );

  test.each(Object.entries(SHELLS))(
    "in %s completes names, whatever is in them",
    { timeout },
    async (_, shell) => {
      await completeNames(await openShell(home, shell), sampled(BEGINNINGS, 2));
    },
  );

  test.each(Object.entries(OTHER_WAYS))("in %s does the same", { timeout }, async (_, shell) => {
    const terminal = await openShell(home, shell);
    await completeLines(terminal, LINES.slice(0, 1));
    await completeNames(terminal, BEGINNINGS.slice(-2));
  });
});

async function completeLines(terminal: Terminal, lines: typeof LINES): Promise<void> {
  for (const [begun, completed] of lines) {
    terminal.type("C-u", begun, "Tab");
    await terminal.see(new RegExp(`^> ${completed} ?$`, "m"));
  }
}

/** Shows each token that the completed line names. */
async function completeNames(terminal: Terminal, names: typeof BEGINNINGS): Promise<void> {
  for (const [begun, name] of names) {
    terminal.type("C-u", "C-l", `fob show ${begun}`, "Tab", "Enter");
    await terminal.see(`account-${NAMES.indexOf(name)}`);
  }
}

/** A terminal in which the shell runs, at its first prompt. */
async function openShell(
  home: string,
  { start, setUp }: { start: string; setUp: string },
): Promise<Terminal> {
  const terminal = openTerminal(home, {
    PATH: [join(home, "bin"), process.env["PATH"]].join(delimiter),
  });
  terminal.type("cd; unset -f fob; clear", "Enter", `exec ${start}`, "Enter");
  terminal.type(`${setUp}; echo re''ady`, "Enter");
  await terminal.see("ready");
  terminal.type("clear", "Enter");
  await terminal.seeNoMore("ready");
  onTestFinished(() => terminal.close());
  return terminal;
}
