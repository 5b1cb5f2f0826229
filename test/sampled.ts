/** Whether every case is tried (`npm run torture`), not only a part of them. */
export const isTorture = process.env["MODE"] === "torture";

/** Every `stride`th of many cases, other ones each time; all of them by `npm run torture`. */
export function sampled<T>(cases: readonly T[], stride: number): readonly T[] {
  if (isTorture) return cases;
  const first = Math.floor(Math.random() * stride);
  return cases.filter((_, i) => i % stride === first);
}
