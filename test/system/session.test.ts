import { spawnSync } from "node:child_process";
import { afterAll, afterEach, beforeAll, expect, test, vi } from "vitest";
import { type Departure, watchSession } from "#platform/session/session-end.ts";
import { HOTP_URI, RFC_CODES, testHome } from "../e2e/fob.ts";
import { describeWith } from "../requires.ts";
import { until } from "../waiting.ts";
import { type SessionBench, startSessionBench } from "./session-bench.ts";

const NEEDED = {
  "dbus-daemon": "dbus",
  gdbus: "libglib2.0-bin",
  "python3:dbusmock": "python3-dbusmock",
};

const OURS = process.getuid?.() ?? 0;

describeWith(NEEDED, "a person leaves (a stand-in for logind on a bus of its own)", () => {
  let bench: SessionBench;
  let [ours, anothers] = ["", ""];

  beforeAll(async () => {
    bench = await startSessionBench();
    ours = bench.addSession("c1", OURS);
    anothers = bench.addSession("c2", OURS + 1);
  });
  afterEach(() => vi.unstubAllEnvs());
  afterAll(() => bench.close());

  /** What is heard until the test has ended, in the order in which it came. */
  async function listen(): Promise<Departure[]> {
    vi.stubEnv("DBUS_SYSTEM_BUS_ADDRESS", bench.env["DBUS_SYSTEM_BUS_ADDRESS"]);
    const heard: Departure[] = [];
    await new Promise<void>((resolve) => {
      void watchSession((why) => heard.push(why), new AbortController().signal, resolve);
    });
    return heard;
  }

  test("by locking the screen in either way, or by sending the machine to sleep", async () => {
    const heard = await listen();
    // none of these is a departure
    bench.lock(anothers);
    bench.hint(anothers, true);
    bench.hint(ours, false);
    bench.sleep(false);
    spawnSync("gdbus", STRANGERS_SIGNAL, { env: { ...process.env, ...bench.env } });
    const expected: Departure[] = [];
    for (const [leave, why] of [
      [() => bench.lock(ours), "the screen is locked"],
      [() => bench.hint(ours, true), "the screen is locked"],
      [() => bench.sleep(true), "the machine goes to sleep"],
    ] as const) {
      leave();
      expected.push(why);
      await until(`heard that ${why}`, () => heard.length >= expected.length);
      expect(heard).toEqual(expected);
    }
  });

  test.each(["the screen", "sleep"])("and %s locks the vault", async (which) => {
    const { fob } = testHome();
    const at = { env: bench.env };
    await fob(["enroll", "-"], { input: HOTP_URI });
    await fob(["unlock"], at);
    expect((await fob(["code", "ACME"], at)).stdout).toBe(`${RFC_CODES[0]}\n`);
    // the agent may not listen yet
    await until("the agent has ended", async () => {
      if (which === "sleep") bench.sleep(true);
      else bench.lock(ours);
      return (await fob(["agent", "status"], at)).exitCode === 8;
    });
  });

  test("with a setting for those who want to be asked no more often", async () => {
    const { fob } = testHome();
    const at = { env: bench.env };
    const heard = await listen();
    await fob(["enroll", "-"], { input: HOTP_URI });
    await fob(["config", "set", "agent.lock-with-screen", "false"]);
    await fob(["unlock"], at);
    // an agent hears them in this order, and would end at the first
    await until("the agent has ended", async () => {
      const before = heard.length;
      bench.lock(ours);
      await until("the lock was heard", () => heard.length > before);
      expect((await fob(["agent", "status"], at)).exitCode).toBe(0);
      bench.sleep(true);
      return (await fob(["agent", "status"], at)).exitCode === 8;
    });
  });
});

/** A program that is not logind sends what logind would send. */
const STRANGERS_SIGNAL = [
  ...["emit", "--system", "-o", "/org/freedesktop/login1"],
  ...["-s", "org.freedesktop.login1.Manager.PrepareForSleep", "true"],
];
