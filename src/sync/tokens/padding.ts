/** Files are padded to a multiple of this length in bytes, so that lengths tell little. */
export const STEP = 512;

/** The JSON text as bytes, with spaces after it up to the next multiple of {@link STEP}. */
export function padJson(text: string): Buffer {
  const bytes = Buffer.from(text);
  const length = Math.ceil((bytes.length + 1) / STEP) * STEP;
  const padded = Buffer.alloc(length, " ");
  bytes.copy(padded);
  padded[length - 1] = 0x0a;
  return padded;
}
