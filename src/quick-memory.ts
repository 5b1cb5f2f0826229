/** From so many tokens on memory takes longer than anything else. */
const MANY = 1_000;

/**
 * Most of what thousands of tokens leave behind is garbage at once: while V8 reuses the memory that it has, the system need not find and clear twenty
 * megabytes more, which takes it longer than all the rest.
 */
export async function keepMemorySmall(tokens: number): Promise<void> {
  if (tokens < MANY) return;
  const { setFlagsFromString } = await import("node:v8");
  setFlagsFromString("--semi-space-growth-factor=1");
}
