import type { StoredCode } from "#vault/belongings/recovery-codes.ts";
import { canonicalText, type JsonValue } from "./json-value.ts";
import { compareStamps, laterStamp, type Stamp } from "./stamp.ts";

/** A value with the stamp of its last change. The value with the later stamp wins. */
export interface Register<T> {
  readonly value: T;
  readonly stamp: Stamp;
}

/**
 * The device that a token belongs to which may never be on two devices. A move takes four steps:
 * `offered` by the owner, `accepted` by the receiver, `released` by the owner, who has removed it
 * from its vault before, and `held` by the receiver, who stores it only then.
 */
export interface Holder {
  readonly device: string;
  readonly step: "offered" | "accepted" | "released" | "held";
  /** The device that gives it away; null after the move. */
  readonly from: string | null;
  /** The counter at the release, as decimal digits; null for a token without one. */
  readonly counter: string | null;
  /** Its recovery codes at the release, sealed; absent before it, and once they are stored. */
  readonly codes?: readonly StoredCode[];
}

/**
 * A token as all devices share it, without its secret. `fields` are those that people change, each
 * with its own stamp. What never changes is in the token's file, and `content` is its hash.
 */
export interface SharedToken {
  /** The random id that names the file. */
  readonly id: string;
  /** The token's id in the vaults. */
  readonly token: string;
  readonly content: string;
  readonly fields: Readonly<Record<string, Register<JsonValue>>>;
  readonly removed: Register<boolean>;
  /** Null for a token that all devices have. */
  readonly holder: Register<Holder> | null;
}

/**
 * Merges two versions of one token. The result does not depend on the order or number of merges.
 * Both must have the same `id` and `content`: two secrets are never merged.
 */
export function mergeTokens(a: SharedToken, b: SharedToken): SharedToken {
  if (a.id !== b.id || a.content !== b.content) throw new Error("these are two tokens");
  const names = [...new Set([...Object.keys(a.fields), ...Object.keys(b.fields)])].sort();
  const fields = names.map((name) => [name, laterOf(ownField(a, name), ownField(b, name))]);
  return {
    id: a.id,
    token: a.token < b.token ? a.token : b.token,
    content: a.content,
    fields: Object.fromEntries(fields),
    removed: laterOf(a.removed, b.removed),
    holder: laterOf(a.holder, b.holder),
  };
}

/**
 * Whether a token is in use: it was never removed, or a change is later than its removal. A removal
 * beats the changes that are older.
 */
export function isInUse({ removed, fields }: SharedToken): boolean {
  if (!removed.value) return true;
  return Object.values(fields).some(({ stamp }) => compareStamps(stamp, removed.stamp) > 0);
}

/** The latest stamp in a token. */
export function latestStamp({ fields, removed, holder }: SharedToken): Stamp {
  const all = [...Object.values(fields), ...(holder ? [holder] : [])];
  return all.map(({ stamp }) => stamp).reduce(laterStamp, removed.stamp);
}

function ownField({ fields }: SharedToken, name: string): Register<JsonValue> | null {
  return Object.hasOwn(fields, name) ? (fields[name] ?? null) : null;
}

function laterOf<T, R extends Register<T> | null>(a: R, b: R): R {
  if (!a || !b) return a ?? b;
  const order = compareStamps(a.stamp, b.stamp);
  if (order !== 0) return order > 0 ? a : b;
  // one device never gives one stamp to two values, unless it means harm: all still agree
  return canonicalText(a.value) >= canonicalText(b.value) ? a : b;
}

/** The name of a shared token; its id where it has none. */
export function nameIn({ fields, token }: SharedToken): string {
  return String(fields["name"]?.value ?? token);
}
