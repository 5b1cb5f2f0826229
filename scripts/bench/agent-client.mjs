// Clients of the agent's socket that stay connected.
import { spawnSync } from "node:child_process";
import { createConnection } from "node:net";
import { fileURLToPath } from "node:url";
import { hasTool } from "./timing.mjs";

const LEAN = fileURLToPath(new URL("ask-one-by-one.pl", import.meta.url));

/** How many requests a client that does not wait for each reply has under way. */
export const pipelined = 16;

/**
 * Asks the same line `count` times, each when the last was answered. A client in Node takes as long
 * as the agent does: where there is perl, it asks.
 * @param {string} socket @param {string} line @param {number} count
 * @returns {Promise<{ perSecond: number, p99: number }>}
 */
export async function askOneByOne(socket, line, count) {
  if (!hasTool("perl")) return askAgent(socket, line, count, 1);
  const { status, stdout, stderr } = spawnSync("perl", [LEAN, socket, line, String(count)], {
    encoding: "utf8",
  });
  if (status !== 0) throw new Error(stderr);
  const [perSecond = Number.NaN, p99 = Number.NaN] = stdout.split(" ").map(Number);
  return { perSecond, p99 };
}

/**
 * Asks the same line `count` times, with `depth` requests under way at any time.
 * @param {string} socket @param {string} line @param {number} count @param {number} depth
 * @returns {Promise<{ perSecond: number, p99: number }>}
 */
export function askAgent(socket, line, count, depth) {
  const client = createConnection(socket).setEncoding("latin1");
  /** @type {number[]} */
  const sent = [];
  /** @type {number[]} */
  const took = [];
  const send = (/** @type {number} */ wanted) => {
    const lines = Math.min(wanted, count - sent.length);
    for (let i = 0; i < lines; i++) sent.push(performance.now());
    if (lines > 0) client.write(`${line}\n`.repeat(lines));
  };
  return new Promise((resolve, reject) => {
    client.once("error", reject);
    client.once("connect", () => send(depth));
    client.on("data", (/** @type {string} */ text) => {
      const replies = text.split("\n").length - 1;
      const now = performance.now();
      for (let i = 0; i < replies; i++) took.push(now - (sent[took.length] ?? now));
      if (took.length < count) return send(replies);
      client.destroy();
      resolve(summarize(took, now - (sent[0] ?? now)));
    });
  });
}

/** @param {number[]} took @param {number} milliseconds */
function summarize(took, milliseconds) {
  const p99 = took.toSorted((a, b) => a - b)[Math.floor(took.length * 0.99)] ?? Number.NaN;
  return { perSecond: (took.length / milliseconds) * 1_000, p99 };
}
