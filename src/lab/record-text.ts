/**
 * Encodes a record of the lab before encryption: JSON with marked binary values and counters
 * (`{"base64": ...}`, `{"counter": ...}`), which are decoded to their original types.
 */
export function encodeRecord(record: object): Buffer {
  return Buffer.from(JSON.stringify(mark(record)));
}

/** Reverses {@link encodeRecord}, for authenticated bytes. */
export function decodeRecord<T>(bytes: Buffer): T {
  return JSON.parse(bytes.toString("utf8"), (_, value: unknown) => unmark(value)) as T;
}

/** Done before JSON.stringify, which would turn a Buffer into an array of numbers. */
function mark(value: unknown): unknown {
  if (typeof value === "bigint") return { counter: String(value) };
  if (value instanceof Uint8Array) return { base64: Buffer.from(value).toString("base64") };
  if (Array.isArray(value)) return value.map(mark);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, mark(part)]));
}

function unmark(value: unknown): unknown {
  if (typeof value !== "object" || value === null || Object.keys(value).length !== 1) return value;
  if ("base64" in value && typeof value.base64 === "string")
    return Buffer.from(value.base64, "base64");
  if ("counter" in value && typeof value.counter === "string") return BigInt(value.counter);
  return value;
}
