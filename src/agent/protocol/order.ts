import * as v from "valibot";
import type { Secret } from "#token/secret.ts";

const OrderSchema = v.object({
  home: v.string(),
  vault: v.string(),
  /** The address that it listens on. */
  socket: v.string(),
  /** A symbolic link to the socket, if there is one. */
  link: v.nullable(v.string()),
  limits: v.object({ totalMs: v.number(), idleMs: v.number() }),
  /** Whether it polls for login requests. */
  push: v.boolean(),
  /** Whether it shows notifications about them. */
  notify: v.boolean(),
  /** How often it synchronises with other devices, in milliseconds; null: never. */
  syncMs: v.nullable(v.number()),
  /**
   * The pinentry that asks for the PINs that a request lacks, the empty text for the usual one of
   * the system; null: such requests fail.
   */
  pinentry: v.nullable(v.string()),
  /** Whether it locks when the screen of a session is locked. It always does before sleep. */
  locksWithScreen: v.boolean(),
});

/** The order for a new agent, on its standard input, before the vault key. */
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
