import * as v from "valibot";
import type { Secret } from "#token/secret.ts";

const OrderSchema = v.object({
  home: v.string(),
  vault: v.string(),
  /** Where it listens. */
  socket: v.string(),
  /** Which link leads there, if one does. */
  link: v.nullable(v.string()),
  limits: v.object({ totalMs: v.number(), idleMs: v.number() }),
  /** Whether it asks for login requests by itself. */
  push: v.boolean(),
  /** Whether it asks about them by notifications. */
  notify: v.boolean(),
});

/** What a new agent is told, on its standard input, before the vault key. */
export type AgentOrder = v.InferOutput<typeof OrderSchema>;

const NEWLINE = 0x0a;

/** An order and the vault key as bytes. */
export function encodeOrder(order: AgentOrder, vaultKey: Secret): Secret {
  return Buffer.concat([Buffer.from(`${JSON.stringify(order)}\n`), vaultKey]);
}

/** Reverses {@link encodeOrder}. Throws where the bytes are not an order. */
export function decodeOrder(bytes: Secret): {
  readonly order: AgentOrder;
  readonly vaultKey: Secret;
} {
  const end = bytes.indexOf(NEWLINE);
  const order = v.parse(OrderSchema, JSON.parse(bytes.subarray(0, end).toString()));
  return { order, vaultKey: Buffer.from(bytes.subarray(end + 1)) };
}
