import { expect, test } from "vitest";
import { Lifetime } from "../../src/agent/lifetime.ts";

const MINUTE = 60_000;

function started() {
  const time = { wall: Date.UTC(2026, 0, 1), monotonic: 5_000 };
  const clocks = { wall: () => time.wall, monotonic: () => time.monotonic };
  const lifetime = new Lifetime({ totalMs: 60 * MINUTE, idleMs: 10 * MINUTE }, clocks);
  const pass = (milliseconds: number) => {
    time.wall += milliseconds;
    time.monotonic += milliseconds;
  };
  return { lifetime, pass, time };
}

test("ends when nobody asked for a while, counted from the last use", () => {
  const { lifetime, pass } = started();
  pass(9 * MINUTE);
  lifetime.use();
  pass(9 * MINUTE);
  expect(lifetime.end()).toBeNull();
  pass(MINUTE);
  expect(lifetime.end()).toBe("nobody asked for a while");
});

test("ends after its time however much it is used", () => {
  const { lifetime, pass } = started();
  expect(lifetime.endsAt).toEqual(new Date(Date.UTC(2026, 0, 1, 1)));
  for (let minute = 0; minute < 59; minute++) {
    pass(MINUTE);
    lifetime.use();
  }
  expect(lifetime.end()).toBeNull();
  pass(MINUTE);
  lifetime.use();
  expect(lifetime.end()).toBe("its time is over");
});

test("ends when the machine slept, which stops one of the clocks", () => {
  const { lifetime, pass, time } = started();
  pass(MINUTE);
  expect(lifetime.end()).toBeNull();
  time.wall += 11_000;
  expect(lifetime.end()).toBe("the machine slept");
});

test("does not live longer when the time of day is set back", () => {
  const { lifetime, pass, time } = started();
  for (let minute = 0; minute < 59; minute++) {
    pass(MINUTE);
    lifetime.use();
    time.wall -= 30_000;
    expect(lifetime.end()).toBeNull();
  }
  pass(MINUTE);
  expect(lifetime.end()).toBe("its time is over");
});
