import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import {
  closeSync,
  constants,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { describe, expect, onTestFinished, test } from "vitest";
import { describeWith } from "../requires.ts";
import { eventually } from "../waiting.ts";
import { FOB, HOTP_URI, homesLike, RFC_CODES, TOTP_URI, testHome } from "./fob.ts";

const PIN = "2468135";
const WITHIN_MS = 20_000;

const guarded = homesLike(async ({ fob }) => {
  await fob(["enroll", "-"], { input: HOTP_URI });
  await fob(["pin", "set"], { env: { FOB_PIN: PIN } });
});

function emptyFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), "fob-odd-"));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

describe.skipIf(process.platform === "win32")("no home folder but an absolute one", () => {
  const PATHS = ["", "relative", "./here"];
  const environments = PATHS.flatMap((path) => [
    { XDG_DATA_HOME: path },
    { XDG_DATA_HOME: path, XDG_CONFIG_HOME: path, XDG_RUNTIME_DIR: path },
  ]);

  test.each(environments)("is taken from %o", (env) => {
    const [folder, home] = [emptyFolder(), emptyFolder()];
    const { status } = spawnSync(process.execPath, [FOB, "enroll", "-"], {
      cwd: folder,
      input: HOTP_URI,
      env: { ...env, HOME: home, FOB_KEYCHAIN: "file" },
      timeout: WITHIN_MS,
    });
    expect(status).toBe(0);
    expect(readdirSync(folder)).toEqual([]);
    expect(existsSync(join(home, ".local/share/fob/vault"))).toBe(true);
  });

  describeWith({ setpriv: "util-linux" }, "for a user whom the system does not know", () => {
    const run = (env: Record<string, string>, ...args: string[]) =>
      spawnSync("setpriv", ["--reuid=4711", "--clear-groups", process.execPath, FOB, ...args], {
        cwd: "/",
        env: { PATH: process.env["PATH"] ?? "", ...env },
        encoding: "utf8",
      });

    test.runIf(process.getuid?.() === 0).each([{}, { HOME: "" }, { HOME: "relative" }])(
      "and %o, fob asks for one, and does without where it has FOB_HOME",
      (env) => {
        const lost = run({ ...env, XDG_DATA_HOME: "data" }, "list");
        expect(lost).toMatchObject({ status: 8, stdout: "" });
        expect(lost.stderr).toBe(
          "fob: there is no home folder for this user\nhint: --home DIR or FOB_HOME names the folder of the vault\n",
        );
        const told = run({ ...env, FOB_HOME: "/nonexistent/fob" }, "list");
        expect(told).toMatchObject({ status: 0, stderr: "no tokens yet: `fob enroll` adds one\n" });
        const finger = run({ ...env, FOB_HOME: "/nonexistent/fob" }, "biometric", "status");
        expect(finger.stdout).toContain(
          "none: fprintd knows users by name, and this user has none",
        );
        const store = run({ ...env, FOB_HOME: "/nonexistent/fob" }, "import", "--pass");
        expect(store).toMatchObject({ status: 8, stderr: lost.stderr });
      },
    );
  });
});

const TEXTS = [
  ["--help"],
  ["--version"],
  ["list", "--help"],
  ["list", "-h"],
  ["--no-color", "--help"],
];

test.runIf(existsSync("/dev/full")).each(TEXTS)("a full disk fails %s %s", (...args) => {
  const full = openSync("/dev/full", "w");
  onTestFinished(() => closeSync(full));
  const { status, stderr } = spawnSync(process.execPath, [FOB, ...args], {
    stdio: ["ignore", full, "pipe"],
    encoding: "utf8",
    timeout: WITHIN_MS,
  });
  expect(stderr).toMatch(/^fob: cannot write to standard output: .+\n$/);
  expect(status).toBe(8);
});

test.each(["2026-02-30", "2026-02-29", "2026-04-31T10:00Z", "2026-13-01", "2026-01-01T24:30Z"])(
  "%s is no time",
  async (at) => {
    const { fob } = testHome();
    await fob(["enroll", "-"], { input: TOTP_URI });
    expect(await fob(["code", "Example", "--at", at])).toMatchObject({ exitCode: 2, stdout: "" });
  },
);

describeWith({ faketime: "faketime" }, "a clock before 1970", () => {
  test.each([
    ["code", "Example"],
    ["list", "--codes"],
    ["code", "Example", "--json"],
    ["code", "Example", "--watch"],
    ["verify", "Example", "12345678"],
  ])("fails %s %s with its reason", async (...args) => {
    const { fob, home } = testHome();
    await fob(["enroll", "-"], { input: TOTP_URI });
    const { status, stderr } = spawnSync(
      "faketime",
      ["1960-01-01 00:00:00", process.execPath, FOB, ...args],
      {
        env: { PATH: process.env["PATH"] ?? "", FOB_HOME: home, FOB_KEYCHAIN: "file" },
        encoding: "utf8",
        timeout: WITHIN_MS,
      },
    );
    expect(stderr).toContain("the time is before the token's first step");
    expect(status).toBe(6);
  });
});

// the processor time of a process is to be read there
describe.runIf(existsSync("/proc/self/stat"))("input that comes late is waited for", () => {
  const WAYS: [string, string[], Record<string, string>][] = [
    ["--pin-file -", ["--pin-file", "-"], {}],
    ["--pin-fd 0", ["--pin-fd", "0"], {}],
    ["--pin-file /dev/stdin", ["--pin-file", "/dev/stdin"], {}],
    ["FOB_PIN_FILE=-", [], { FOB_PIN_FILE: "-" }],
  ];

  test.each(WAYS)("from a socket: %s", async (_, options, env) => {
    const child = await start(["code", "ACME", ...options], env, "pipe");
    await waits(child);
    child.stdin?.write(PIN.slice(0, 3));
    await waits(child);
    child.stdin?.end(`${PIN.slice(3)}\n`);
    expect(await outcome(child)).toEqual({ stdout: `${RFC_CODES[0]}\n`, stderr: "", status: 0 });
  });

  test.each(WAYS)("from a pipe that others have set not to wait: %s", async (_, options, env) => {
    const { reader, writer } = pipe();
    const child = await start(["code", "ACME", ...options], env, reader);
    closeSync(reader);
    await waits(child);
    writeSync(writer, PIN.slice(0, 3));
    await waits(child);
    writeSync(writer, `${PIN.slice(3)}\n`);
    closeSync(writer);
    expect(await outcome(child)).toEqual({ stdout: `${RFC_CODES[0]}\n`, stderr: "", status: 0 });
  });

  test.each([
    ["enroll", "-"],
    ["inspect", "-"],
  ])("where data are awaited: %s %s", async (...args) => {
    const { reader, writer } = pipe();
    const child = await start(args, { FOB_PIN: PIN }, reader);
    closeSync(reader);
    await waits(child);
    writeSync(writer, TOTP_URI.slice(0, 20));
    await waits(child);
    writeSync(writer, `${TOTP_URI.slice(20)}\n`);
    closeSync(writer);
    expect(await outcome(child)).toMatchObject({ stderr: "", status: 0 });
  });

  async function start(
    args: readonly string[],
    env: Record<string, string>,
    stdin: "pipe" | number,
  ) {
    const { home } = await guarded();
    const child = spawn(process.execPath, [FOB, ...args], {
      env: { PATH: process.env["PATH"] ?? "", FOB_HOME: home, FOB_KEYCHAIN: "file", ...env },
      stdio: [stdin, "pipe", "pipe"],
    });
    onTestFinished(() => void child.kill("SIGKILL"));
    return child;
  }

  async function outcome(child: ChildProcess) {
    const [stdout, stderr, [status]] = await Promise.all([
      child.stdout ? text(child.stdout) : "",
      child.stderr ? text(child.stderr) : "",
      once(child, "close"),
    ]);
    return { stdout, stderr, status };
  }

  /** Both ends of a pipe; reading from it gives EAGAIN where it is empty. */
  function pipe() {
    const path = join(emptyFolder(), "pipe");
    execFileSync("mkfifo", [path]);
    const reader = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
    return { reader, writer: openSync(path, constants.O_WRONLY) };
  }

  /** Until a process has computed next to nothing for a while: it waits, or has ended. */
  async function waits({ pid }: ChildProcess): Promise<void> {
    let [before, quiet] = [-1, 0];
    await eventually(
      "the process waits",
      () => {
        const [, rest = ""] = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ");
        const fields = rest.split(" ");
        const ticks = Number(fields[11]) + Number(fields[12]);
        quiet = ticks - before <= 1 ? quiet + 1 : 0;
        before = ticks;
        return quiet >= 8 && ticks > 3 ? true : undefined;
      },
      { everyMs: 40, withinMs: WITHIN_MS },
    );
  }
});
