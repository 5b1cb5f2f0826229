import { chmodSync, chownSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { expect, test } from "vitest";
import { impersonate } from "../agent/impostor.ts";
import { describeWith } from "../requires.ts";
import { FOB, HOTP_URI, homesToLock, RFC_CODES, type TestHome, TOTP_URI, testHome } from "./fob.ts";

/** A name that every shell would trip over, were it not quoted. */
const ODD_NAME = 'Ann\'s "old" $HOME bank';

const locked = homesToLock();

interface Bench extends TestHome {
  /**
   * Runs a script after the functions were defined, and says what came of it and how often it has
   * started fob.
   */
  run(
    shell: string,
    script: string,
  ): Promise<{ stdout: string; stderr: string; exitCode: number | undefined; starts: number }>;
}

/** A home with tokens, an agent, and a `fob` in PATH that counts how often it is started. */
async function unlocked(...more: string[]): Promise<Bench> {
  const home = locked(testHome());
  await home.fob(["enroll", "-"], { input: [HOTP_URI, TOTP_URI, ...more].join("\n") });
  await home.fob(["rename", "Example", ODD_NAME]);
  writeFileSync(join(home.home, "agent.json"), (await home.fob(["unlock", "--json"])).stdout);
  const bin = join(home.home, "bin");
  const log = join(home.home, "starts");
  mkdirSync(bin);
  writeFileSync(
    join(bin, "fob"),
    `#!/bin/sh\necho "$*" >> '${log}'\nexec '${process.execPath}' '${FOB}' "$@"\n`,
  );
  chmodSync(join(bin, "fob"), 0o755);
  const env = {
    PATH: `${bin}:${process.env["PATH"]}`,
    HOME: home.home,
    FOB_HOME: home.home,
    FOB_KEYCHAIN: "file",
    ODD_NAME,
  };
  const load: Readonly<Record<string, string>> = { fish: "fob shellenv fish | source" };
  return {
    ...home,
    async run(shell, script) {
      writeFileSync(log, "");
      const text = `${load[shell] ?? 'eval "$(fob shellenv)"'}\n${script}`;
      const result = await execa(shell, ["-c", text], {
        env,
        extendEnv: false,
        reject: false,
        input: "",
        timeout: 50_000,
      });
      const starts = readFileSync(log, "utf8")
        .trim()
        .split("\n")
        .filter((line) => line !== "shellenv" && line !== "shellenv fish");
      return {
        stdout: result.stdout,
        stderr: result.stderr,
        exitCode: result.exitCode,
        starts: starts.filter(Boolean).length,
      };
    },
  };
}

const SHELLS = ["bash", "zsh", "dash", "fish"];

describeWith(
  { bash: "bash", zsh: "zsh", dash: "dash", fish: "fish", nc: "netcat-openbsd", pgrep: "procps" },
  "fob_code",
  () => {
    test.each(SHELLS)(
      "in %s prints the agent's passcode, or sets a variable, without starting fob",
      async (shell) => {
        const { run } = await unlocked();
        const outcome = await run(
          shell,
          'fob_code ACME\nfob_code -v passcode ACME\necho "$passcode"\nfob_code "$ODD_NAME"',
        );
        expect(outcome).toMatchObject({ exitCode: 0, stderr: "", starts: 0 });
        const [first, second, odd] = outcome.stdout.split("\n");
        expect([first, second]).toEqual(RFC_CODES.slice(0, 2));
        expect(odd).toMatch(/^\d{8}$/);
      },
    );

    test.each(["bash", "zsh"])(
      "in %s starts no process at all, in a subshell neither",
      async (shell) => {
        const { run } = await unlocked();
        const outcome = await run(
          shell,
          "PATH=/nowhere\nfob_code ACME\nx=$(fob_code ACME); echo $x\n(fob_code ACME)\nfob_code ACME",
        );
        expect(outcome).toEqual({
          stdout: RFC_CODES.slice(0, 4).join("\n"),
          stderr: "",
          exitCode: 0,
          starts: 0,
        });
      },
    );

    test.each(["bash", "zsh"])(
      "in %s mixes up no replies when 8 subshells ask at once",
      async (shell) => {
        const letters = "ABCDEFGH".split("");
        const uris = letters.map(
          (letter) =>
            `otpauth://totp/${letter}:x?secret=${letter.repeat(32)}&issuer=${letter}&digits=8`,
        );
        const { run, fob } = await unlocked(...uris);
        const codes = async () =>
          Promise.all(letters.map(async (letter) => (await fob(["code", letter])).stdout.trim()));
        const before = await codes();
        const { stdout, stderr, starts } = await run(
          shell,
          `for name in ${letters.join(" ")}; do
        (for i in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do fob_code -v code $name; echo $name $code; done) &
      done
      wait`,
        );
        const after = await codes();
        expect({ stderr, starts }).toEqual({ stderr: "", starts: 0 });
        const lines = stdout.split("\n");
        expect(lines.length).toBe(8 * 20);
        for (const line of lines) {
          const [name = "", code] = line.split(" ");
          expect([before, after].map((known) => known[letters.indexOf(name)])).toContain(code);
        }
      },
    );

    test.each(SHELLS)(
      "in %s falls back to fob where the agent has no answer or is away, with fob's exit code",
      async (shell) => {
        const { run, fob } = await unlocked();
        const unknown = await run(shell, "fob_code nobody");
        expect(unknown).toMatchObject({ stdout: "", exitCode: 3, starts: 1 });
        expect(unknown.stderr).toContain('fob: no token is called "nobody"');
        const unset = await run(shell, "fob_code -v passcode nobody");
        expect(unset).toMatchObject({ stdout: "", exitCode: 3 });
        await fob(["lock"]);
        expect(await run(shell, "fob_code ACME")).toMatchObject({
          stdout: RFC_CODES[0],
          stderr: "",
          exitCode: 0,
          starts: 1,
        });
        expect(await run(shell, "fob_code")).toMatchObject({ stdout: "", exitCode: 5, starts: 1 });
      },
    );

    test.each(["bash", "zsh"])(
      "in %s survives an agent that ends, and finds the next one",
      async (shell) => {
        const { run } = await unlocked();
        const script = `fob_code ACME
      fob lock 2>/dev/null; fob_code ACME; y=$(fob_code ACME); echo $y
      fob unlock >/dev/null; fob_code ACME; x=$(fob_code ACME); echo $x; fob_code ACME`;
        const outcome = await run(shell, script);
        // lock, unlock, and the two passcodes in between
        expect(outcome).toEqual({
          stdout: RFC_CODES.slice(0, 6).join("\n"),
          stderr: "",
          exitCode: 0,
          starts: 4,
        });
      },
    );

    test.each(["bash", "zsh"])(
      "in %s asks the agent of no other home than the one it began with",
      async (shell) => {
        const { run, home } = await unlocked();
        const other = join(home, "other");
        const outcome = await run(shell, `FOB_HOME='${other}'; export FOB_HOME; fob_code ACME`);
        expect(outcome).toMatchObject({ stdout: "", exitCode: 3, starts: 1 });
        expect(existsSync(other)).toBe(false);
      },
    );

    test.each(SHELLS)(
      "in %s asks no agent where a grant is set, be it an empty one",
      async (shell) => {
        const { run } = await unlocked();
        for (const grant of ["", "fobgrant_nonsense"]) {
          const set =
            shell === "fish"
              ? `set -gx FOB_GRANT '${grant}'`
              : `FOB_GRANT='${grant}'; export FOB_GRANT`;
          const outcome = await run(shell, `${set}\nfob_code ACME`);
          expect(outcome).toMatchObject({ stdout: "", exitCode: 4, starts: 1 });
          expect(outcome.stderr).toContain("fob: FOB_GRANT is");
        }
      },
    );

    test.each(["zsh", ...(process.getuid?.() === 0 ? ["bash", "dash", "fish"] : [])])(
      "in %s believes no socket in a folder that others can write to",
      async (shell) => {
        const { run, home } = await unlocked();
        const folder = join(home, "open");
        mkdirSync(folder);
        const socket = join(folder, "agent.sock");
        const vault = JSON.parse(readFileSync(join(home, "agent.json"), "utf8")).vault;
        const { heard } = await impersonate(socket, (line) =>
          line.startsWith("vault") ? `ok ${vault}` : "ok 666666",
        );
        // who is no root can make a folder of others in no other way; of a folder's mode only zsh
        // knows
        if (shell === "zsh") chmodSync(folder, 0o777);
        else chownSync(folder, 65534, 65534);
        const set =
          shell === "fish"
            ? `set -gx FOB_AGENT_SOCK '${socket}'`
            : `FOB_AGENT_SOCK='${socket}'; export FOB_AGENT_SOCK`;
        // bash has a connection from the beginning
        const anew = shell === "bash" ? "_fob_disconnect\n" : "";
        const outcome = await run(shell, `${set}\n${anew}fob_code ACME`);
        expect(outcome).toMatchObject({ stdout: RFC_CODES[0], stderr: "", exitCode: 0, starts: 1 });
        expect(heard).toEqual([]);
      },
    );

    test("leaves no nc behind when its bash has ended", async () => {
      const { run, fob } = await unlocked();
      const { stdout } = await run("bash", 'fob_code -v x ACME; pgrep -f "nc -N -U $_fob_socket"');
      expect(stdout).toMatch(/^\d+$/);
      await expect.poll(() => existsSync(`/proc/${stdout}`), { timeout: 5_000 }).toBe(false);
      expect((await fob(["agent", "status"])).exitCode).toBe(0);
    });
  },
);

test("`fob shellenv` names the shells it knows", async () => {
  const { fob } = testHome();
  expect(await fob(["shellenv", "tcsh"])).toMatchObject({
    exitCode: 2,
    stderr: 'fob: there are no functions for "tcsh": bash, zsh, sh or fish are possible\n',
  });
});
