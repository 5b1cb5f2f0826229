import { execFileSync, spawn } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { describeWith } from "../requires.ts";
import { HOTP_URI, homesLike, RFC_CODES } from "./fob.ts";
import { atTerminal } from "./terminal-person.ts";

const PIN = "2468135";

const guarded = homesLike(async ({ fob }) => {
  await fob(["enroll", "-"], { input: HOTP_URI });
  await fob(["pin", "set"], { env: { FOB_PIN: PIN } });
});

describeWith({ python3: "python3" }, "a PIN source that is a terminal", () => {
  test.each(["--pin-file -", "--pin-fd 0", "--pin-fd 2", "--pin-file /dev/tty"])(
    "asks its person without echo: %s",
    async (option) => {
      const { home } = await guarded();
      const visit = await atTerminal(
        home,
        ["code", "ACME", ...option.split(" ")],
        [
          ["see", "PIN of fob"],
          ["type", `${PIN}\r`],
        ],
      );
      expect(visit.exitCode).toBe(0);
      expect(visit.shown).toContain(RFC_CODES[0]);
      expect(visit.shown).not.toContain(PIN);
      expect(visit.after).toBe(visit.before);
    },
  );

  test("asks nobody with --no-input", async () => {
    const { home } = await guarded();
    const args = ["code", "ACME", "--pin-file", "-", "--no-input"];
    const { exitCode, shown } = await atTerminal(home, args, []);
    expect(exitCode).toBe(5);
    expect(shown).toContain("cannot ask here");
  });
});

test.skipIf(process.platform === "win32")("a PIN source may be a named pipe", async () => {
  const { fob, home } = await guarded();
  const pipe = join(home, "pipe");
  execFileSync("mkfifo", [pipe]);
  const writer = spawn("sh", ["-c", 'echo "$1" >"$2"', "sh", PIN, pipe], { stdio: "ignore" });
  try {
    const { stdout } = await fob(["code", "ACME", "--pin-file", pipe]);
    expect(stdout).toBe(`${RFC_CODES[0]}\n`);
  } finally {
    writer.kill();
  }
});
