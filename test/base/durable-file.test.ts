import { expect, onTestFinished, test, vi } from "vitest";
import { whenReleased } from "#base/durable-file.ts";

function fails(times: number, code: string): () => string {
  let left = times;
  return () => {
    if (left-- > 0) throw Object.assign(new Error(code), { code });
    return "done";
  };
}

const isBusy = (error: unknown) => (error as NodeJS.ErrnoException).code === "EBUSY";

test("a file that somebody holds open is tried again until it is released", () => {
  expect(whenReleased(fails(20, "EBUSY"), isBusy)).toBe("done");
});

test("any other error is thrown at once", () => {
  const act = fails(1, "ENOSPC");
  expect(() => whenReleased(act, isBusy)).toThrow("ENOSPC");
  expect(act()).toBe("done");
});

test("a file that is never released is given up after three seconds", () => {
  vi.useFakeTimers({ toFake: ["Date"] });
  onTestFinished(() => void vi.useRealTimers());
  let tries = 0;
  const act = () => {
    tries++;
    vi.advanceTimersByTime(500);
    throw Object.assign(new Error("EBUSY"), { code: "EBUSY" });
  };
  expect(() => whenReleased(act, isBusy)).toThrow("EBUSY");
  expect(tries).toBe(7);
});

test.skipIf(process.platform === "win32")(
  "elsewhere than on Windows a permission that is missing is said at once",
  () => {
    const act = fails(1, "EPERM");
    expect(() => whenReleased(act)).toThrow("EPERM");
    expect(act()).toBe("done");
  },
);
