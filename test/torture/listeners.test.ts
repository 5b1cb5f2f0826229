import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync } from "node:fs";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test, vi } from "vitest";
import { FOB, type TestHome, testHome } from "../e2e/fob.ts";
import { serveLab } from "../e2e/lab-server.ts";

const TOKENS = 4;
const LISTENERS = 50;
const ROUNDS = 12;

/** In how many rounds the listeners are started. */
const WARM_UPS = 10;

/** How many processes answer the same request at once. */
const ANSWERS = 3;

/**
 * How often a listener asks, in seconds: once a second, 200 of them and the lab would want more
 * than two cores.
 */
const POLL = 3;

/** The longest pause between two questions, in milliseconds: pauses differ by up to a quarter. */
const INTERVAL = POLL * 1_250;

/** What 200 processes that share a machine of two cores may take on top, in milliseconds. */
const SHARE = 2_500;

/** Only the long tests have the machine to themselves, and listeners enough to fill it. */
const isTorture = process.env["MODE"] === "torture";

/** Ticks of the processor's clock a second, as /proc counts them. */
const TICKS = 100;

/** A process that prints every request as it comes, and when it had each, by the request's id. */
interface Listener {
  readonly child: ChildProcess;
  readonly heardAt: ReadonlyMap<string, number>;
}

test.runIf(isTorture)(
  "200 listeners at one lab for a minute: each hears of every request in time, each is answered once, and an idle one costs nothing",
  async () => {
    const lab = testHome();
    await serveLab(lab);
    const homes = await Promise.all(
      Array.from({ length: TOKENS }, (_, i) => enroll(lab, `user${i}`)),
    );
    const posts = homes.map((device, i) => ({
      device,
      user: `user${i}`,
      listeners: [] as Listener[],
    }));

    const heardAt = new Map<string, number>();
    for (let round = 0; round < WARM_UPS + ROUNDS; round++) {
      await Promise.all(
        posts.map(async ({ device, user, listeners }) => {
          // few at a time: a request is heard by those that have started, and begins to wait for
          // nobody
          if (round < WARM_UPS)
            for (let i = 0; i < LISTENERS / WARM_UPS; i++)
              listeners.push(listen(device, ["--poll", `${POLL}`]));
          expect(await lab.fob(["lab", "push", user])).toMatchObject({ exitCode: 0 });
          const heard = await vi.waitUntil(() => newestOfAll(listeners, round), {
            timeout: 100_000,
            interval: 100,
          });
          heardAt.set(`${user} ${round}`, Math.max(...heard));
          const answers = Array.from({ length: ANSWERS }, () =>
            device.fob(["push", "approve", "--yes"]),
          );
          const codes = (await Promise.all(answers)).map(({ exitCode }) => exitCode);
          expect(codes).toContain(0);
        }),
      );
    }

    const { stdout } = await lab.fob(["lab", "log", "--last", "100000", "--json"]);
    const log: { time: string; user: string; event: string; outcome: string }[] =
      JSON.parse(stdout);
    const accepted = log.filter(
      ({ event, outcome }) => event === "push-answer" && outcome === "ok",
    );
    expect(accepted).toHaveLength(TOKENS * (WARM_UPS + ROUNDS));
    const delays = posts.flatMap(({ user }) => {
      const challenges = log.filter((entry) => entry.event === "challenge" && entry.user === user);
      return challenges
        .map(({ time }, round) => (heardAt.get(`${user} ${round}`) ?? Infinity) - Date.parse(time))
        .slice(WARM_UPS);
    });
    expect(delays).toHaveLength(TOKENS * ROUNDS);
    expect(Math.max(...delays)).toBeLessThan(INTERVAL + SHARE);

    const all = posts.flatMap(({ listeners }) => listeners);
    for (const { child } of all) child.kill("SIGKILL");
    const idle = listen(homes[0] ?? lab, []);
    // what starting costs is not what listening costs
    await sleep(30_000);
    expect(await shareOfProcessor(idle.child.pid ?? 0, 60_000)).toBeLessThan(0.01);
  },
  1_200_000,
);

/**
 * When each listener had its newest request; null as long as one has not had those of all rounds
 * since it was started.
 */
function newestOfAll(listeners: readonly Listener[], round: number): number[] | null {
  const perRound = LISTENERS / WARM_UPS;
  if (listeners.some(({ heardAt }, i) => heardAt.size <= round - Math.floor(i / perRound)))
    return null;
  return listeners.map(({ heardAt }) => Math.max(...heardAt.values()));
}

/** A home with a push token of a new user. */
async function enroll(lab: TestHome, user: string): Promise<TestHome> {
  await lab.fob(["lab", "user", "add", user]);
  const { stdout } = await lab.fob(["lab", "issue", "push", "--user", user, "--quiet"]);
  const device = testHome();
  expect(await device.fob(["enroll", "-"], { input: stdout })).toMatchObject({ exitCode: 0 });
  return device;
}

/** Listens in a home. */
function listen({ home }: TestHome, options: readonly string[]): Listener {
  const { PATH = "" } = process.env;
  const env = { PATH, HOME: home, FOB_HOME: home, FOB_KEYCHAIN: "file" };
  const child = spawn(process.execPath, [FOB, "push", "listen", "--json", ...options], {
    env,
    stdio: ["ignore", "pipe", "ignore"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  const heardAt = new Map<string, number>();
  createInterface(child.stdout).on("line", (line) => {
    const { event, id } = JSON.parse(line) as { readonly event: string; readonly id: string };
    if (event === "request" && !heardAt.has(id)) heardAt.set(id, Date.now());
  });
  return { child, heardAt };
}

/**
 * What part of one processor a process uses, itself and for the system, over some milliseconds
 * (proc(5), fields 14 and 15).
 */
async function shareOfProcessor(pid: number, milliseconds: number): Promise<number> {
  const before = processorSeconds(pid);
  await sleep(milliseconds);
  return ((processorSeconds(pid) - before) * 1000) / milliseconds;
}

function processorSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
    .replace(/^.*\) /, "")
    .split(" ");
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}
