/** Of what larger index the tokens make more work for memory and compiler than anything else, in bytes. */
const MANY = 64 * 1024;

/**
 * Most of what thousands of tokens leave behind is garbage at once: while V8 reuses the memory that it has, the system need not find and clear twenty
 * megabytes more. The optimizing compiler takes as much, and is done when everything is printed.
 */
export async function keepMemorySmall(index: Uint8Array): Promise<void> {
  if (index.length < MANY) return;
  const { setFlagsFromString } = await import("node:v8");
  setFlagsFromString("--semi-space-growth-factor=1");
  setFlagsFromString("--no-opt");
}
