import { rmSync } from "node:fs";
import { expect, test } from "vitest";
import { HOTP_URI, RFC_SECRET, type TestHome, testHome } from "../e2e/fob.ts";
import { isTorture } from "../sampled.ts";
import { type Faults, runWith } from "./faults.ts";

const DAY = 86_400_000;
const MANY = isTorture ? 10_000 : 1_000;
/** How long passcodes are taken. Each writer takes at least one. */
const SECONDS = isTorture ? 60 : 1;

async function enrolled(): Promise<TestHome> {
  const home = testHome();
  await home.fob(["enroll", "-"], { input: HOTP_URI });
  return home;
}

/**
 * Takes passcodes from several processes at once until the time is up. Returns the counters, in the
 * order in which they were told.
 */
async function takeCodes(
  home: TestHome,
  processes: number,
  seconds: number,
  faults: () => Faults,
): Promise<number[]> {
  const counters: number[] = [];
  const end = Date.now() + seconds * 1000;
  const work = async () => {
    do {
      const { stdout, exitCode, stderr } = await runWith(
        home,
        ["code", "ACME", "--json"],
        faults(),
      );
      expect({ exitCode, stderr }).toMatchObject({ exitCode: 0, stderr: "" });
      counters.push(JSON.parse(stdout).counter);
    } while (Date.now() < end);
  };
  await Promise.all(Array.from({ length: processes }, work));
  return counters;
}

test("32 writers give every counter once", { timeout: 180_000 }, async () => {
  const counters = await takeCodes(await enrolled(), 32, SECONDS, () => ({}));
  expect(counters.length).toBeGreaterThanOrEqual(32);
  expect([...counters].sort((a, b) => a - b)).toEqual(counters.map((_, i) => i));
});

test("writers give every counter once where there are no hard links", {
  timeout: 180_000,
}, async () => {
  const counters = await takeCodes(await enrolled(), 6, SECONDS, () => ({
    noLinks: true,
  }));
  expect(counters.length).toBeGreaterThan(6);
  expect(new Set(counters).size).toBe(counters.length);
});

test("writers whose clocks jump by days give every counter once", {
  timeout: 180_000,
}, async () => {
  const home = await enrolled();
  const jump = () => ({ clockOffset: Math.round((Math.random() - 0.5) * 60 * DAY) });
  const counters = await takeCodes(home, 6, SECONDS, jump);
  expect([...counters].sort((a, b) => a - b)).toEqual(counters.map((_, i) => i));
  // a removed token outlives a clock that is wrong for a moment
  await runWith(home, ["remove", "ACME", "--yes"], { clockOffset: -20 * DAY });
  expect(await runWith(home, ["restore", "ACME"], { clockOffset: 5 * DAY })).toMatchObject({
    exitCode: 0,
  });
  expect(await home.fob(["code", "ACME"])).toMatchObject({ exitCode: 0 });
});

test(`${MANY} tokens are enrolled, listed, used, examined and removed like ten`, {
  timeout: 300_000,
}, async () => {
  const home = testHome();
  const lines = Array.from({ length: MANY }, (_, i) => {
    const kind = i % 2 === 0 ? "totp" : "hotp";
    return `otpauth://${kind}/Issuer%20${i % 100}:user${i}?secret=${RFC_SECRET}&issuer=Issuer%20${i % 100}&counter=0`;
  });
  expect(await home.fob(["enroll", "--quiet", "-"], { input: lines.join("\n") })).toMatchObject({
    exitCode: 0,
  });
  const tokens: { name: string; account: string }[] = JSON.parse(
    (await home.fob(["list", "--json"])).stdout,
  );
  expect(new Set(tokens.map(({ account }) => account)).size).toBe(MANY);
  const last = tokens.find(({ account }) => account === `user${MANY - 1}`)?.name ?? "";
  expect((await home.fob(["code", last])).stdout).toBe("755224\n");
  expect((await home.fob(["code", last])).stdout).toBe("287082\n");
  expect(await home.fob(["rename", last, "the last one"])).toMatchObject({ exitCode: 0 });
  expect(await home.fob(["remove", "the last one", "--yes"])).toMatchObject({ exitCode: 0 });
  expect(await home.fob(["restore", "the last one"])).toMatchObject({ exitCode: 0 });
  expect((await home.fob(["code", "the last one"])).stdout).toBe("359152\n");
  expect((await home.fob(["doctor"])).stdout).toMatch(
    new RegExp(`^vault +ok +${MANY} tokens, all of them whole$`, "m"),
  );
  rmSync(home.home, { recursive: true, force: true });
});
