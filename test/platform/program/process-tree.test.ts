import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { askProgram } from "#platform/program/ask-program.ts";
import { eventually, until } from "../../waiting.ts";

/** Starts of programs that a shell makes, each leaving the file `pid` and running on. */
const SLEEPER = "sh -c 'echo $$ > pid.new; mv pid.new pid; exec tail -f /dev/null'";
const STARTS = {
  "a child": `${SLEEPER} &`,
  "a child in a session of its own": `setsid ${SLEEPER} &`,
  "a child whose parent has ended": `(setsid sh -c "${SLEEPER.replaceAll("$", "\\$")} &" &)`,
} as const;

test.skipIf(process.platform !== "linux").each(Object.entries(STARTS))(
  "a run that is over has ended with %s",
  async (_, start) => {
    const folder = mkdtempSync(join(tmpdir(), "fob-run-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const program = join(folder, "decide");
    writeFileSync(program, `#!/bin/sh\ncd ${folder}\n${start}\ntail -f /dev/null\n`, {
      mode: 0o700,
    });
    const end = new AbortController();
    const run = askProgram(program, { input: "", signal: end.signal });
    const pid = await eventually("a program", () =>
      existsSync(join(folder, "pid"))
        ? readFileSync(join(folder, "pid"), "utf8").trim()
        : undefined,
    );
    expect(isRunning(pid)).toBe(true);
    end.abort();
    expect(await run).toEqual({ exitCode: null, line: "" });
    await until("its end", () => !isRunning(pid));
  },
);

test.skipIf(process.platform === "win32")(
  "what a run leaves behind when it has answered is not ended",
  async () => {
    const folder = mkdtempSync(join(tmpdir(), "fob-run-"));
    onTestFinished(() => rmSync(folder, { recursive: true }));
    const program = join(folder, "decide");
    const start = `${SLEEPER} > out 2>&1 < out &`;
    writeFileSync(program, `#!/bin/sh\ncd ${folder}\n: > out\n${start}\necho 17\n`, {
      mode: 0o700,
    });
    const end = new AbortController();
    expect(await askProgram(program, { input: "", signal: end.signal })).toMatchObject({
      line: "17",
    });
    end.abort();
    const pid = await eventually("a program", () =>
      existsSync(join(folder, "pid"))
        ? readFileSync(join(folder, "pid"), "utf8").trim()
        : undefined,
    );
    onTestFinished(() => void process.kill(Number(pid)));
    expect(isRunning(pid)).toBe(true);
  },
);

/** Whether a process runs; a zombie does not. */
function isRunning(pid: string): boolean {
  try {
    process.kill(Number(pid), 0);
    return process.platform !== "linux" || !/\) Z/.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    // it has ended
    return false;
  }
}
