import { spawn } from "node:child_process";
import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import type { Askpass } from "#cli/context.ts";

/** The most that is read of an answer, in bytes. */
const MAX_ANSWER = 4_096;

/** Set for the next program, which may be this one again. */
const GUARD = "FOB_ASKPASS";

/** The program that has started `fob askpass`, by the variables of OpenSSH. */
export function askpassOf(env: NodeJS.ProcessEnv): Askpass {
  const kind = env["SSH_ASKPASS_PROMPT"];
  return {
    kind: kind === "confirm" || kind === "none" ? kind : "answer",
    askNext: (program, prompt) => askNext(program, prompt, env),
  };
}

/** Rejects with FobError `unavailable`, or `denied` where the program gives no answer. */
async function askNext(program: string, prompt: string, env: NodeJS.ProcessEnv): Promise<string> {
  if (env[GUARD])
    throw new FobError("invalid", t`askpass.next is ${program}, which asks fob again`, {
      hint: t("`fob config unset askpass.next` asks at the terminal"),
    });
  const child = spawn(program, [prompt], {
    env: { ...env, [GUARD]: "1" },
    stdio: ["inherit", "pipe", "inherit"],
    windowsHide: false,
  });
  const pieces: Buffer[] = [];
  let size = 0;
  child.stdout.on("data", (piece: Buffer) => {
    size += piece.length;
    pieces.push(piece);
    if (size > MAX_ANSWER) child.kill();
  });
  const exitCode = await new Promise<number | null>((resolve, reject) => {
    child.once("error", (cause) =>
      reject(new FobError("unavailable", t`${program} cannot be run: ${cause.message}`, { cause })),
    );
    child.once("close", resolve);
  });
  if (exitCode !== 0 || size > MAX_ANSWER)
    throw new FobError("denied", t`${program} gave no answer`, { exitCode: 1 });
  return Buffer.concat(pieces)
    .toString("utf8")
    .replace(/\r?\n$/, "");
}
