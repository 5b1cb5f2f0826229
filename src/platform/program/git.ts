import { type ChildProcess, spawn } from "node:child_process";
import { whenEnding } from "#base/ending.ts";
import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import type { GitRun, RunGit } from "#sync/git/git-program.ts";
import { printable } from "#token/printable.ts";

/** The most output that is read where the caller gives no limit, in bytes. */
const USUAL_LIMIT = 1024 * 1024;

/** The end of standard error that is kept for messages, in characters. */
const MAX_REMARKS = 8_192;

/** How long one run may take, in milliseconds: a slow line needs minutes for a first fetch. */
const MAX_TIME = 600_000;

/**
 * How long a run at a remote may print nothing, in milliseconds: git tells its progress, and ssh
 * and HTTP give up earlier where a server has gone. A person may have to find a password meanwhile.
 */
const MAX_SILENCE = { alone: 60_000, asking: 180_000 };

/** Git's own variables that would make it work elsewhere, as in a hook of another repository. */
const FOREIGN =
  /^GIT_(?:DIR|WORK_TREE|INDEX_FILE|OBJECT_DIRECTORY|COMMON_DIR|NAMESPACE|PREFIX|ALTERNATE_OBJECT_DIRECTORIES|CONFIG|CONFIG_PARAMETERS|CONFIG_COUNT|GRAFT_FILE|SHALLOW_FILE|QUARANTINE_PATH|TRACE.*|REDIRECT_.*)$/;

/**
 * The user's git. It may ask for a password or passphrase at the terminal only where `mayAsk`; it
 * is otherwise detached from the terminal, so that no program that it starts can ask either. When
 * this process is asked to end, or `end` says so, git is ended with its children.
 */
export function gitProgram(
  env: Readonly<Record<string, string | undefined>>,
  {
    mayAsk: isAnybodyThere,
    end: ended,
    maxSilence = MAX_SILENCE,
  }: {
    readonly mayAsk: boolean;
    readonly end?: AbortSignal;
    readonly maxSilence?: typeof MAX_SILENCE;
  },
): RunGit {
  return (args, run = {}) =>
    new Promise((resolve, reject) => {
      const { input = Buffer.alloc(0), limit = USUAL_LIMIT, isAtRemote = false } = run;
      const mayAsk = isAnybodyThere && !run.asksNobody;
      if (ended?.aborted) {
        reject(new FobError("interrupted", t("git was ended")));
        return;
      }
      const child = spawn("git", args, {
        env: environment(env, mayAsk, run),
        stdio: ["pipe", "pipe", "pipe"],
        detached: !mayAsk && process.platform !== "win32",
        windowsHide: true,
      });
      let excess: string | null = null;
      const end = (reason: string) => {
        excess ??= reason;
        kill(child, !mayAsk);
      };
      const left = whenEnding(() => kill(child, !mayAsk));
      const stop = () => end(t("the vault was locked"));
      ended?.addEventListener("abort", stop);
      const timer = setTimeout(() => end(t("it takes too long")), MAX_TIME);
      const silence = isAtRemote
        ? setTimeout(
            () => end(t("the remote does not answer")),
            mayAsk ? maxSilence.asking : maxSilence.alone,
          )
        : null;
      const pieces: Buffer[] = [];
      let size = 0;
      let remarks = "";
      child.stdout.on("data", (piece: Buffer) => {
        silence?.refresh();
        size += piece.length;
        if (size > limit) end(t("it prints more than expected"));
        else pieces.push(piece);
      });
      child.stderr.setEncoding("utf8").on("data", (text: string) => {
        silence?.refresh();
        remarks = (remarks + text).slice(-MAX_REMARKS);
      });
      // it may end without reading its input
      child.stdin.once("error", () => undefined);
      child.stdin.end(input);
      const settle = (act: () => void) => {
        clearTimeout(timer);
        if (silence) clearTimeout(silence);
        ended?.removeEventListener("abort", stop);
        left();
        act();
      };
      child.once("error", (cause) => settle(() => reject(notThere(cause))));
      child.once("close", (exitCode) =>
        settle(() => {
          if (excess !== null) reject(new FobError("unavailable", t`git was ended: ${excess}`));
          else
            resolve({
              exitCode: exitCode ?? 1,
              output: Buffer.concat(pieces),
              remarks: tidy(remarks),
            });
        }),
      );
    });
}

function environment(
  env: Readonly<Record<string, string | undefined>>,
  mayAsk: boolean,
  { ssh }: Pick<GitRun, "ssh">,
): NodeJS.ProcessEnv {
  const hasOwnSsh = Boolean(env["GIT_SSH_COMMAND"] || env["GIT_SSH"]);
  const kept = Object.entries(env).filter(([name]) => !FOREIGN.test(name) && name !== "LC_ALL");
  return {
    ...Object.fromEntries(kept),
    // messages that can be recognised
    LC_ALL: "C",
    GIT_TERMINAL_PROMPT: mayAsk ? "1" : "0",
    ...(ssh === undefined || hasOwnSsh ? {} : { GIT_SSH_COMMAND: ssh }),
    ...(mayAsk ? {} : NOBODY_THERE),
  };
}

/**
 * No window asks either: an empty GIT_ASKPASS keeps git from the programs that its settings and
 * SSH_ASKPASS name, and ssh would use its own where a display is there.
 */
const NOBODY_THERE = { GCM_INTERACTIVE: "never", GIT_ASKPASS: "", SSH_ASKPASS_REQUIRE: "never" };

/** The lines of a text without control characters, and without passwords in addresses. */
function tidy(text: string): string {
  const lines = text.split(/[\r\n]/).map((line) => printable(line));
  return lines.join("\n").replaceAll(/\/\/[^/@\s]*@/g, "//");
}

function kill({ pid }: ChildProcess, isGroup: boolean): void {
  if (pid === undefined) return;
  try {
    process.kill(isGroup && process.platform !== "win32" ? -pid : pid, "SIGTERM");
  } catch {
    // it has ended already
  }
}

function notThere(cause: Error): FobError {
  return new FobError("unavailable", t("git cannot be run"), {
    cause,
    hint: t("fob sends the shared tokens with the program git: install it"),
  });
}
