import { expect, test } from "vitest";
import { sharedWork } from "#base/shared-work.ts";

/** Work that ends when it is told to, or with its signal; and how often it has begun. */
function work() {
  const begun: { readonly end: AbortSignal; finish(value: string): void }[] = [];
  const join = sharedWork(
    (end) =>
      new Promise<string>((resolve, reject) => {
        begun.push({ end, finish: resolve });
        end.addEventListener("abort", () => reject(new Error("ended")));
      }),
  );
  return { begun, join };
}

test("is done once for all who wait for it, and again for who comes later", async () => {
  const { begun, join } = work();
  const { signal } = new AbortController();
  const both = Promise.all([join(signal), join(signal)]);
  expect(begun).toHaveLength(1);
  begun[0]?.finish("first");
  expect(await both).toEqual(["first", "first"]);
  const later = join(signal);
  begun[1]?.finish("second");
  expect(await later).toBe("second");
});

test("ends when the last one who waits for it has gone", async () => {
  const { begun, join } = work();
  const [one, two] = [new AbortController(), new AbortController()];
  const both = Promise.allSettled([join(one.signal), join(two.signal)]);
  one.abort();
  expect(begun[0]?.end.aborted).toBe(false);
  two.abort();
  expect(begun[0]?.end.aborted).toBe(true);
  // who comes now does not get the work that was ended
  const next = join(new AbortController().signal);
  expect(begun).toHaveLength(2);
  begun[1]?.finish("next");
  expect(await next).toBe("next");
  expect((await both).map(({ status }) => status)).toEqual(["rejected", "rejected"]);
});

test("is ended at once for somebody who has gone before", async () => {
  const { begun, join } = work();
  await expect(join(AbortSignal.abort())).rejects.toThrow("ended");
  expect(begun[0]?.end.aborted).toBe(true);
});
