import * as v from "valibot";
import { HASH_ALGORITHMS } from "#otp/algorithm.ts";
import { ALPHABETS, type Alphabet } from "#otp/alphabet.ts";
import { DIGITS, NO_COUNTER_LEFT } from "#otp/hotp.ts";
import { isOcraSuite } from "#otp/ocra-suite.ts";
import { MAX_PERIOD, MAX_T0 } from "#otp/totp.ts";
import { MAX_CODES } from "./code-list.ts";
import type { Credential } from "./credential.ts";
import { pushCredentialSchema } from "./push-credential.ts";

/** The fields of one kind of credential as JSON data. */
type JsonOf<C> = C extends unknown
  ? {
      readonly [K in keyof C]: C[K] extends bigint
        ? string
        : C[K] extends bigint | null
          ? string | null
          : C[K];
    }
  : never;

/** A credential as JSON data: counters as decimal digits, because they can exceed 2^53. */
export type CredentialJson = JsonOf<Credential>;

/** The credential as JSON data. */
export function encodeCredential(credential: Credential): CredentialJson {
  if (!("counter" in credential) || credential.counter === null)
    return credential as CredentialJson;
  return { ...credential, counter: String(credential.counter) } as CredentialJson;
}

/** Reverses {@link encodeCredential}, for data that {@link credentialSchema} has accepted. */
export function decodeCredential(json: CredentialJson): Credential {
  if (!("counter" in json) || json.counter === null) return json as Credential;
  return { ...json, counter: BigInt(json.counter) } as Credential;
}

/**
 * Reverses {@link encodeCredential}, for authenticated data: from the vault or from our own agent.
 * Checks only the types that the algorithms rely on. Null for data that is not a credential.
 */
export function readCredential(json: unknown): Credential | null {
  if (typeof json !== "object" || json === null) return null;
  const { counter } = json as { counter?: unknown };
  if (typeof counter === "string" && !/^\d+$/.test(counter)) return null;
  const credential = decodeCredential(json as CredentialJson);
  return isCredential(credential) ? credential : null;
}

/** Whether the fields that the algorithms use have the right types. */
function isCredential(credential: Credential): boolean {
  switch (credential.kind) {
    case "totp":
      return [credential.digits, credential.period, credential.t0].every(Number.isSafeInteger);
    case "hotp":
      return Number.isSafeInteger(credential.digits) && typeof credential.counter === "bigint";
    case "ocra":
      return typeof credential.suite === "string" && credential.counter !== undefined;
    case "motp":
    case "yandex":
      return true;
    case "list":
      return (
        [credential.length, credential.first].every(Number.isSafeInteger) &&
        typeof credential.counter === "bigint"
      );
    case "push":
      return typeof credential.url === "string" && typeof credential.protocol === "string";
    default:
      return unknownKind(credential);
  }
}

/** Fails to compile when a kind is not handled. At run time the kind is one of a newer fob. */
function unknownKind(_credential: never): false {
  return false;
}

type JsonOfKind<K extends Credential["kind"]> = Extract<CredentialJson, { kind: K }>;
type SchemasByKind = {
  readonly [K in Credential["kind"]]: v.GenericSchema<unknown, JsonOfKind<K>>;
};

/**
 * The schema for credentials in foreign files: known fields only, within the bounds of enrollment.
 * A function, so that programs that do not read such files do not build the schema.
 */
export function credentialSchema(): v.GenericSchema<unknown, CredentialJson> {
  const counter = v.pipe(
    v.string(),
    v.check((digits) => /^[0-9]{1,20}$/.test(digits) && BigInt(digits) <= NO_COUNTER_LEFT),
  );
  const suite = v.pipe(v.string(), v.check(isOcraSuite));
  const hmac = {
    algorithm: v.picklist(HASH_ALGORITHMS),
    digits: integer(DIGITS.min, DIGITS.max),
    alphabet: v.picklist(Object.keys(ALPHABETS) as Alphabet[]),
  };
  const kinds = {
    totp: v.strictObject({
      kind: v.literal("totp"),
      ...hmac,
      period: integer(1, MAX_PERIOD),
      t0: integer(0, MAX_T0),
    }),
    hotp: v.strictObject({ kind: v.literal("hotp"), ...hmac, counter }),
    ocra: v.strictObject({ kind: v.literal("ocra"), suite, counter: v.nullable(counter) }),
    motp: v.strictObject({ kind: v.literal("motp") }),
    yandex: v.strictObject({ kind: v.literal("yandex") }),
    list: v.pipe(
      v.strictObject({
        kind: v.literal("list"),
        length: integer(1, MAX_CODES),
        first: integer(0, 9_999),
        counter: v.pipe(v.string(), v.regex(/^[0-9]{1,400}$/)),
      }),
      v.check(({ length, counter }) => BigInt(counter) < 1n << BigInt(length)),
    ),
    push: pushCredentialSchema(),
  } satisfies SchemasByKind;
  return v.variant("kind", Object.values(kinds));
}

/** The schema of a whole number from `min` to `max`. */
export function integer(min: number, max: number) {
  return v.pipe(v.number(), v.safeInteger(), v.minValue(min), v.maxValue(max));
}
