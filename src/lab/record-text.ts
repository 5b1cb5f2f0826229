/**
 * A record of the lab as bytes to be sealed: JSON, in which binary values and counters are marked
 * (`{"base64": ...}`, `{"counter": ...}`), so that they come back as what they were.
 */
export function encodeRecord(record: object): Buffer {
  return Buffer.from(JSON.stringify(mark(record)));
}

/** Reverses {@link encodeRecord}; the seal has vouched for the bytes. */
export function decodeRecord<T>(bytes: Buffer): T {
  return JSON.parse(bytes.toString("utf8"), (_, value: unknown) => unmark(value)) as T;
}

/** Before JSON sees it: a Buffer would turn itself into an array of numbers. */
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
