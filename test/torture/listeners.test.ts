import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { FOB, type TestHome, testHome } from "../cli/fob.ts";

const TOKENS = 4;
const LISTENERS = 50;
const ROUNDS = 12;

/** How long a login may take from the push to its answer, in milliseconds: a polling interval, and 200 processes that share this machine. */
const MAX_DELIVERY = 10_000;

/** Only the long tests have the machine to themselves, and listeners enough to fill it. */
const isTorture = process.env["MODE"] === "torture";

/** Ticks of the processor's clock a second, as /proc counts them. */
const TICKS = 100;

test.runIf(isTorture)(
  "200 listeners at one lab for a minute: every request is answered, each once, and an idle one costs nothing",
  async () => {
    const lab = testHome();
    await serve(lab);
    const homes = await Promise.all(Array.from({ length: TOKENS }, (_, i) => enroll(lab, `user${i}`)));
    const listeners = homes.flatMap((home) => Array.from({ length: LISTENERS }, () => listen(home)));
    await Promise.all(listeners.map(({ ready }) => ready));

    const delays: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      await Promise.all(
        homes.map(async (_, i) => {
          const start = Date.now();
          const { exitCode } = await lab.fob(["lab", "push", `user${i}`, "--wait", "40", "--json"]);
          delays.push(Date.now() - start);
          expect(exitCode).toBe(0);
        }),
      );
      await sleep(3_000);
    }
    expect(Math.max(...delays)).toBeLessThan(MAX_DELIVERY);

    const { stdout } = await lab.fob(["lab", "log", "--json"]);
    const log: { event: string; outcome: string }[] = JSON.parse(stdout);
    const accepted = log.filter(({ event, outcome }) => event === "push-answer" && outcome === "ok");
    expect(accepted).toHaveLength(TOKENS * ROUNDS);

    for (const { child } of listeners.slice(1)) child.kill("SIGINT");
    const idle = listeners[0]?.child.pid ?? 0;
    await sleep(5_000);
    const before = processorSeconds(idle);
    await sleep(30_000);
    expect((processorSeconds(idle) - before) / 30).toBeLessThan(0.01);
  },
  900_000,
);

async function serve({ home }: TestHome): Promise<void> {
  const child = start(home, ["lab", "serve", "--port", "0"]);
  await once(createInterface(child.stdout ?? process.stdin), "line");
}

/** A home with a push token of a new user. */
async function enroll(lab: TestHome, user: string): Promise<string> {
  await lab.fob(["lab", "user", "add", user]);
  const { stdout } = await lab.fob(["lab", "issue", "push", "--user", user, "--quiet"]);
  const device = testHome();
  writeFileSync(join(device.home, "approve"), "#!/bin/sh\nexec true\n", { mode: 0o755 });
  expect(await device.fob(["enroll", "-"], { input: stdout })).toMatchObject({ exitCode: 0 });
  return device.home;
}

function listen(home: string) {
  const child = start(home, ["push", "listen", "--exec", join(home, "approve")]);
  // it says for how many tokens it waits when it begins
  return { child, ready: once(createInterface(child.stderr ?? process.stdin), "line") };
}

function start(home: string, args: readonly string[]): ChildProcess {
  const { PATH = "" } = process.env;
  const env = { PATH, HOME: home, FOB_HOME: home, FOB_KEYCHAIN: "file" };
  const child = spawn(process.execPath, [FOB, ...args], { env, stdio: ["ignore", "pipe", "pipe"] });
  child.stdout?.resume();
  child.stderr?.resume();
  onTestFinished(() => void child.kill("SIGKILL"));
  return child;
}

/** How long a process has used the processor, itself and for the system (proc(5), fields 14 and 15). */
function processorSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
    .replace(/^.*\) /, "")
    .split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}
