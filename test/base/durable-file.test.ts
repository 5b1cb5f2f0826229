import { expect, test } from "vitest";
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

test("a file that is never released is given up", () => {
  const start = performance.now();
  expect(() => whenReleased(fails(Number.POSITIVE_INFINITY, "EBUSY"), isBusy)).toThrow("EBUSY");
  expect(performance.now() - start).toBeLessThan(10_000);
});

test.skipIf(process.platform === "win32")(
  "elsewhere than on Windows a permission that is missing is said at once",
  () => {
    const act = fails(1, "EPERM");
    expect(() => whenReleased(act)).toThrow("EPERM");
    expect(act()).toBe("done");
  },
);
