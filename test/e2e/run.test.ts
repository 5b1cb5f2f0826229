import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { execa } from "execa";
import { describe, expect, test } from "vitest";
import { createContext } from "#entry/context.ts";
import { describeWith } from "../requires.ts";
import { FOB, HOTP_URI, RFC_CODES, type TestHome, TOTP_URI, testHome } from "./fob.ts";
import { runHere } from "./in-process.ts";
import { openTerminal } from "./terminal.ts";

async function enrolled(): Promise<TestHome> {
  const home = testHome();
  await home.fob(["enroll", "-"], { input: `${HOTP_URI}\n${TOTP_URI}` });
  return home;
}

/** Starts a program in the home, and does not wait for its end. */
function start(home: string, [program = "", ...args]: readonly string[]) {
  const env = { PATH: process.env["PATH"] ?? "", FOB_HOME: home, FOB_KEYCHAIN: "file" };
  return execa(program, args, { cwd: home, env, extendEnv: false, reject: false, timeout: 50_000 });
}

describe("fob run", () => {
  test("gives the passcode in FOB_CODE, and standard input and output as they are", async () => {
    const { fob } = await enrolled();
    const script = 'cat; printf "%s\\n" "$FOB_CODE"; echo err >&2';
    expect(
      await fob(["run", "--token", "ACME", "--", "sh", "-c", script], { input: "in\n" }),
    ).toEqual({
      stdout: `in\n${RFC_CODES[0]}\n`,
      stderr: "err\n",
      exitCode: 0,
    });
  });

  test("gives it in another variable, or several in one each", async () => {
    const { fob } = await enrolled();
    const one = await fob([
      "run",
      "--token",
      "ACME",
      "--env",
      "OTP",
      "--",
      "sh",
      "-c",
      'echo "$OTP-$FOB_CODE"',
    ]);
    expect(one.stdout).toBe(`${RFC_CODES[0]}-\n`);
    const pairs = ["--env", "A=ACME", "--env", "B=Example"];
    const { stdout } = await fob(["run", ...pairs, "--", "sh", "-c", 'echo "$A $B"']);
    expect(stdout).toMatch(new RegExp(`^${RFC_CODES[1]} \\d{8}\\n$`));
  });

  test("gives it as standard input, a line for each token, and in no variable", async () => {
    const { fob } = await enrolled();
    const args = ["run", "--token", "ACME", "--token", "ACME", "--stdin", "--"];
    expect((await fob([...args, "cat"], { input: "not this" })).stdout).toBe(
      `${RFC_CODES[0]}\n${RFC_CODES[1]}\n`,
    );
    expect((await fob([...args, "env"])).stdout).not.toMatch(/FOB_CODE|\b\d{6}\b/);
    // one that reads nothing is no failure
    expect((await fob([...args, "true"])).exitCode).toBe(0);
  });

  test("hands arguments on as they are: no shell reads them, and none is an option of fob", async () => {
    const { fob } = await enrolled();
    const args = ["--json", "$FOB_CODE", "a b", "*", "--help", "--", "-q", ""];
    const program = ["-e", "console.log(JSON.stringify(process.argv.slice(1)))", "--", ...args];
    const { stdout } = await fob(["run", "--token", "ACME", "--", process.execPath, ...program]);
    expect(JSON.parse(stdout)).toEqual(args);
  });

  test("keeps PINs and grants out of its environment and descriptors", async () => {
    const { fob, home } = await enrolled();
    const pin = "83517";
    const file = join(home, "pin");
    writeFileSync(file, pin);
    const grant = (await fob(["access", "grant", "ci", "--token", "ACME"])).stdout.trim();
    await fob(["pin", "set", "Example", "--pin-file", file]);
    const granted = await fob(["run", "--token", "ACME", "--", "env"], {
      env: { FOB_GRANT: grant },
    });
    expect(granted.stdout).toContain(`FOB_CODE=${RFC_CODES[0]}\n`);
    const shown = ["run", "--token", "Example", "--", "env"];
    const withPin = await fob(shown, { env: { FOB_PIN: pin } });
    const withFile = await fob(shown, { env: { FOB_PIN_FILE: file } });
    for (const { stdout } of [granted, withPin, withFile]) {
      expect(stdout).toContain("FOB_CODE=");
      expect(stdout).not.toMatch(/FOB_PIN|FOB_GRANT/);
      expect(stdout).not.toContain(grant);
    }
    const args = [FOB, "run", "--token", "Example", "--pin-fd", "3", "--", "sh", "-c", "cat <&3"];
    const { exitCode, stderr } = await start(home, [
      "sh",
      "-c",
      'exec "$@" 3<pin',
      "sh",
      process.execPath,
      ...args,
    ]);
    expect(exitCode).not.toBe(0);
    expect(stderr).toMatch(/3: Bad file descriptor/i);
  });

  test.each([
    [["sh", "-c", "exit 7"], 7],
    [["sh", "-c", "kill -TERM $$"], 143],
    [["sh", "-c", "kill -KILL $$"], 137],
  ])("ends as %j ends", async (command, exitCode) => {
    const { fob } = await enrolled();
    expect(await fob(["run", "--token", "Example", "--", ...command])).toEqual({
      stdout: "",
      stderr: "",
      exitCode,
    });
  });

  test("ends with 127 or 126 when there is no such program, or it is none, and uses no passcode up", async () => {
    const { fob, home } = await enrolled();
    const file = join(home, "text");
    writeFileSync(file, "");
    const run = (...command: string[]) => fob(["run", "--token", "ACME", "--", ...command]);
    expect(await run("no-such-program", "--json")).toEqual({
      stdout: "",
      stderr: 'fob: there is no program "no-such-program"\n',
      exitCode: 127,
    });
    for (const none of [file, home]) {
      expect(await run(none)).toMatchObject({
        exitCode: 126,
        stderr: expect.stringContaining("permission denied"),
      });
    }
    expect(await run("./no-such-program")).toMatchObject({ exitCode: 127 });
    expect((await run("printenv", "FOB_CODE")).stdout).toBe(`${RFC_CODES[0]}\n`);
  });

  test.each(["", " "])(
    "refuses the empty name %j of a program, and uses no passcode up",
    async (command) => {
      const { fob } = await enrolled();
      expect(await fob(["run", "--token", "ACME", "--", command])).toMatchObject({
        exitCode: 2,
        stderr: expect.stringContaining(`fob: ${JSON.stringify(command)} names no program`),
      });
      expect((await fob(["run", "--token", "ACME", "--", "printenv", "FOB_CODE"])).stdout).toBe(
        `${RFC_CODES[0]}\n`,
      );
    },
  );

  test.each(["SIGTERM", "SIGINT", "SIGHUP", "SIGUSR2"] as const)(
    "hands %s on, and waits for the end",
    async (signal) => {
      const { home } = await enrolled();
      const script = `process.on("${signal}", () => { console.log("got it"); process.exit(3); }); console.log("ready"); setInterval(() => {}, 1e3)`;
      const running = start(home, [
        process.execPath,
        FOB,
        "run",
        "--token",
        "Example",
        "--",
        process.execPath,
        "-e",
        script,
      ]);
      for await (const line of running) if (line === "ready") running.kill(signal);
      const { stdout, exitCode } = await running;
      expect({ stdout, exitCode }).toEqual({ stdout: "ready\ngot it", exitCode: 3 });
    },
  );

  test("waits for a fresh passcode where that is wanted", async () => {
    const { home, fob } = testHome();
    await fob(["enroll", "-"], { input: TOTP_URI.replace("digits=8", "period=3") });
    const env = { FOB_HOME: home, FOB_KEYCHAIN: "file", PATH: process.env["PATH"] ?? "" };
    const [next, fresh] = [999_999_999, join(home, "fresh")];
    const program = ["sh", "-c", `echo "$FOB_CODE" >'${fresh}'`];
    for (const option of [["--fresh"], ["--min-validity", "3"]]) {
      // the passcode is a millisecond old
      let now = (next - 3) * 1000 + 1;
      const sleep = async (milliseconds: number) => {
        now += milliseconds;
      };
      const args = ["run", "--token", "Example", ...option, "--", ...program];
      const outcome = await runHere(args, env, "", (...given) => ({
        ...createContext(...given),
        clock: () => new Date(now),
        sleep,
      }));
      expect(outcome).toMatchObject({
        exitCode: 0,
        stderr: "waiting 3 s for a fresh passcode\n",
      });
      expect(now).toBe(next * 1000);
      const { stdout } = await fob(["code", "Example", "--at", `@${next}`]);
      expect(readFileSync(fresh, "utf8")).toBe(stdout);
    }
    expect(
      await fob(["run", "--token", "Example", "--min-validity", "4", "--", "true"]),
    ).toMatchObject({
      exitCode: 2,
    });
  });

  test.each([
    [["run", "--token", "ACME"], "which program? give it after --"],
    [["run", "--token", "ACME", "true"], "which program? give it after --"],
    [["run", "--", "true"], "--token is missing"],
    [["run", "--env", "A", "--", "true"], "--token is missing"],
    [["run", "--stdin", "--", "true"], "--token is missing"],
    [
      ["run", "--token", "ACME", "Example", "--", "true"],
      "every token needs a variable of its own",
    ],
    [
      ["run", "--token", "ACME", "--env", "A", "B", "--", "true"],
      "every token needs a variable of its own",
    ],
    [["run", "--token", "ACME", "--env", "A-B", "--", "true"], '--env has "A-B"'],
    [["run", "--env", "=ACME", "--", "true"], '--env has ""'],
    [["run", "--env", "A=ACME", "A=Example", "--", "true"], "--env names a variable twice"],
    [
      ["run", "--token", "ACME", "--env", "A", "--stdin", "--", "true"],
      "--stdin and --env exclude each other",
    ],
  ])("refuses %j", async (args, message) => {
    const { fob } = testHome();
    expect(await fob(args)).toMatchObject({
      exitCode: 2,
      stdout: "",
      stderr: expect.stringContaining(`fob: ${message}`),
    });
  });

  test("starts nothing without a passcode, and says errors as JSON when asked to", async () => {
    const { fob } = await enrolled();
    const { stdout, stderr, exitCode } = await fob([
      "run",
      "--json",
      "--token",
      "nix",
      "--",
      "echo",
      "started",
    ]);
    expect({ stdout, exitCode, code: JSON.parse(stderr).error.code }).toEqual({
      ...{ stdout: "", exitCode: 3, code: "not-found" },
    });
  });
});

describeWith({ tmux: "tmux" }, "fob run at a terminal", () => {
  test("leaves the keys to the program, Ctrl-C too", async () => {
    const { home } = await enrolled();
    const terminal = openTerminal(home);
    try {
      const script =
        "trap 'echo caught $((n = n + 1))' INT; echo ready; read -r line; echo \"[$line]\"; exit 4";
      terminal.type(
        `fob run --token Example -- bash -c '${script.replaceAll("'", `'"'"'`)}'; echo "code=$?"`,
        "Enter",
      );
      await terminal.see(/^ready$/m);
      terminal.type("C-c");
      await terminal.see("caught 1");
      terminal.type("typed", "Enter");
      const screen = await terminal.see("code=4");
      expect(screen).toContain("[typed]");
      expect(screen).not.toContain("caught 2");
    } finally {
      terminal.close();
    }
  });
});
