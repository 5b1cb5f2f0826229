import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { describe, expect, onTestFinished, test } from "vitest";
import { describeWith } from "../requires.ts";
import { ASKPASS, homesLike, RFC_CODES, RFC_SECRET } from "./fob.ts";
import { openTerminal } from "./terminal.ts";

const enrolled = homesLike(async ({ fob }) => {
  const input = `otpauth://hotp/ACME:ann?secret=${RFC_SECRET}&issuer=ACME&counter=0`;
  await fob(["enroll", "-", "--name", "vpn"], { input });
  await fob(["config", "set", "askpass.rules", "*code* @bastion => vpn; *OATH* => vpn"]);
});

/** Runs the helper in a session without a terminal, as a service does. */
async function ask(home: string, prompt: string[], env: Readonly<Record<string, string>> = {}) {
  const { PATH = "" } = process.env;
  const { stdout, stderr, exitCode } = await execa("setsid", ["-w", ASKPASS, ...prompt], {
    env: { PATH, HOME: home, FOB_HOME: home, FOB_KEYCHAIN: "file", ...env },
    extendEnv: false,
    reject: false,
    input: "this belongs to another program\n",
  });
  return { stdout, stderr, exitCode };
}

describe("fob-askpass", () => {
  test("answers what a rule names, and uses up no counter for anything else", async () => {
    const { home } = await enrolled();
    const CANNOT = { exitCode: 5, stdout: "" };
    expect(await ask(home, ["(ann@evil) Verification code: "])).toMatchObject(CANNOT);
    expect(await ask(home, ["--code of bastion"])).toMatchObject(CANNOT);
    const remark = { SSH_ASKPASS_PROMPT: "none" };
    expect(await ask(home, ["One-time password (OATH): "], remark)).toMatchObject({
      exitCode: 0,
      stdout: "",
    });
    const confirm = { SSH_ASKPASS_PROMPT: "confirm" };
    expect(await ask(home, ["Allow OATH?"], confirm)).toMatchObject(CANNOT);
    // ssh does not say that this wants a yes
    const unknownHost = "The authenticity of host 'OATH' can't be established. Continue (yes/no)? ";
    expect(await ask(home, [unknownHost])).toMatchObject(CANNOT);
    expect(await ask(home, ["(ann@bastion) Verification code: "])).toEqual({
      exitCode: 0,
      stdout: RFC_CODES[0],
      stderr: "",
    });
    expect(await ask(home, ["OATH: "])).toMatchObject({ stdout: RFC_CODES[1] });
    expect(await ask(home, [])).toMatchObject({ exitCode: 2 });
    expect(await ask(home, ["x".repeat(5_000)])).toMatchObject({ exitCode: 6 });
  });

  test("gives every other prompt to the next program, and not to itself", async () => {
    const { home, fob } = await enrolled();
    const next = join(home, "next");
    writeFileSync(next, '#!/bin/sh\necho "$1 of the next"\n', { mode: 0o755 });
    await fob(["config", "set", "askpass.next", next]);
    expect(await ask(home, ["Password"])).toMatchObject({ stdout: "Password of the next" });
    for (const [program, exitCode] of [
      ["false", 1],
      [ASKPASS, 1],
      [join(home, "none"), 8],
      ["yes", 1],
    ] as const) {
      await fob(["config", "set", "askpass.next", program]);
      expect(await ask(home, ["Password"])).toMatchObject({ exitCode, stdout: "" });
    }
  });
});

describeWith({ tmux: "tmux" }, "fob-askpass at a terminal", () => {
  test("asks at the terminal without echo, though standard input is another program's", async () => {
    const { home } = await enrolled();
    const answer = join(home, "answer");
    const terminal = openTerminal(home);
    onTestFinished(() => terminal.close());
    terminal.type(
      `: | ${ASKPASS} 'Password for ann: ' > '${answer}'; wc -c < '${answer}'`,
      "Enter",
    );
    await terminal.see(/^\? Password for ann:/m);
    terminal.type("open sesame", "Enter");
    expect(await terminal.see(/^12$/m)).not.toContain("sesame");
    terminal.type("clear", "Enter");
    terminal.type(`: | ${ASKPASS} 'Continue (yes/no)? '`, "Enter");
    await terminal.see(/^\? Continue \(yes\/no\)\?/m);
    terminal.type("yes", "Enter");
    await terminal.see(/^yes$/m);
  });
});
