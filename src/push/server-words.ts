import { printable } from "#token/printable.ts";

/** Longer messages of a server are cut, in characters. */
const MAX_MESSAGE = 200;

/** A text of a server, cut and safe for a terminal; null when there is none. */
export function words(text: unknown): string | null {
  if (typeof text !== "string" || text === "") return null;
  return printable([...text].slice(0, MAX_MESSAGE).join(""));
}

/** The JSON of a reply; undefined for what is none. */
export function jsonOf(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString("utf8"));
  } catch {
    return undefined;
  }
}
