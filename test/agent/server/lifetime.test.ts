import { expect, test } from "vitest";
import { CHECK_MS, Lifetime } from "#agent/server/lifetime.ts";

const MINUTE = 60_000;

function started() {
  const time = { wall: Date.UTC(2026, 0, 1), monotonic: 5_000 };
  const clocks = { wall: () => time.wall, monotonic: () => time.monotonic };
  const lifetime = new Lifetime({ totalMs: 60 * MINUTE, idleMs: 10 * MINUTE }, clocks);
  const pass = (milliseconds: number) => {
    time.wall += milliseconds;
    time.monotonic += milliseconds;
  };
  /** With the looks that are due on the way. */
  const run = (milliseconds: number) => {
    for (let left = milliseconds; left > CHECK_MS; left -= CHECK_MS) {
      pass(CHECK_MS);
      lifetime.end();
    }
    pass(CHECK_MS);
  };
  return { lifetime, pass, run, time };
}

test("ends when nobody asked for a while, counted from the last use", () => {
  const { lifetime, run } = started();
  run(9 * MINUTE);
  lifetime.use();
  run(9 * MINUTE);
  expect(lifetime.end()).toBeNull();
  run(MINUTE);
  expect(lifetime.end()).toBe("nobody asked for a while");
});

test("ends after its time however much it is used", () => {
  const { lifetime, run } = started();
  expect(lifetime.endsAt).toEqual(new Date(Date.UTC(2026, 0, 1, 1)));
  for (let minute = 0; minute < 59; minute++) {
    run(MINUTE);
    lifetime.use();
  }
  expect(lifetime.end()).toBeNull();
  run(MINUTE);
  lifetime.use();
  expect(lifetime.end()).toBe("its time is over");
});

test("ends when the machine slept, which stops one of the clocks", () => {
  const { lifetime, run, time } = started();
  run(MINUTE);
  expect(lifetime.end()).toBeNull();
  time.wall += 11_000;
  expect(lifetime.end()).toBe("the machine slept");
});

test("ends when the machine slept, also where both clocks run on", () => {
  const { lifetime, pass } = started();
  for (let second = 0; second < 30; second++) {
    pass(CHECK_MS);
    expect(lifetime.end()).toBeNull();
  }
  pass(CHECK_MS + 10_001);
  expect(lifetime.end()).toBe("the machine slept");
});

test("is not ended by a tick that comes late because the machine is busy", () => {
  const { lifetime, pass } = started();
  pass(CHECK_MS + 9_000);
  expect(lifetime.end()).toBeNull();
});

test("ends when its time is over by the time of day alone, which the other clock may miss bit by bit", () => {
  const { lifetime, run, time } = started();
  for (let minute = 0; minute < 54; minute++) {
    run(MINUTE);
    lifetime.use();
    time.wall += 6_000;
    expect(lifetime.end()).toBeNull();
  }
  run(MINUTE);
  expect(lifetime.end()).toBe("its time is over");
});

test("does not live longer when the time of day is set back", () => {
  const { lifetime, run, time } = started();
  for (let minute = 0; minute < 59; minute++) {
    run(MINUTE);
    lifetime.use();
    time.wall -= 30_000;
    expect(lifetime.end()).toBeNull();
  }
  run(MINUTE);
  expect(lifetime.end()).toBe("its time is over");
});
