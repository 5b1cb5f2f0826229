import * as v from "valibot";
import { HASH_ALGORITHMS } from "#otp/algorithm.ts";
import { ALPHABETS, type Alphabet } from "#otp/alphabet.ts";
import { LAST_COUNTER } from "#otp/hotp.ts";
import { isOcraSuite } from "#otp/ocra-suite.ts";
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

/** A credential as JSON data: counters as decimal digits, because they go beyond 2^53. */
export type CredentialJson = JsonOf<Credential>;

/** The credential as JSON data. */
export function encodeCredential(credential: Credential): CredentialJson {
  if (!("counter" in credential) || credential.counter === null)
    return credential as CredentialJson;
  return { ...credential, counter: String(credential.counter) } as CredentialJson;
}

/** Reverses {@link encodeCredential}, for data that {@link CredentialSchema} has accepted. */
export function decodeCredential(json: CredentialJson): Credential {
  if (!("counter" in json) || json.counter === null) return json as Credential;
  return { ...json, counter: BigInt(json.counter) } as Credential;
}

/**
 * Reverses {@link encodeCredential}, for data that was sealed or comes from our own agent. Checks
 * the types that computing relies on, and no bounds. Null for what is no credential.
 */
export function readCredential(json: unknown): Credential | null {
  if (typeof json !== "object" || json === null) return null;
  const { counter } = json as { counter?: unknown };
  if (typeof counter === "string" && !/^\d+$/.test(counter)) return null;
  const credential = decodeCredential(json as CredentialJson);
  return isCredential(credential) ? credential : null;
}

/** Whether every use of such a credential finds what it relies on. */
function isCredential(credential: Credential): boolean {
  switch (credential.kind) {
    case "totp":
      return [credential.digits, credential.period, credential.t0].every(Number.isSafeInteger);
    case "hotp":
      return Number.isSafeInteger(credential.digits) && typeof credential.counter === "bigint";
    case "ocra":
      return typeof credential.suite === "string" && credential.counter !== undefined;
    case "motp":
      return true;
    case "push":
      return typeof credential.url === "string" && typeof credential.protocol === "string";
    default:
      return unknownKind(credential);
  }
}

/** Does not compile where a kind is not handled; at run time it was written by a newer fob. */
function unknownKind(_credential: never): false {
  return false;
}

/** Where passcodes are cut off, and time begins, as at enrollment. */
const MAX_PERIOD = 86_400;
const MAX_T0 = 253_402_300_799;

type JsonOfKind<K extends Credential["kind"]> = Extract<CredentialJson, { kind: K }>;
type SchemasByKind = {
  readonly [K in Credential["kind"]]: v.GenericSchema<unknown, JsonOfKind<K>>;
};

/**
 * What is taken for a credential from files of others: its fields and no more, within the bounds of
 * enrollment. A function, so that programs that do not read such files need not hold the schemas.
 */
export function credentialSchema(): v.GenericSchema<unknown, CredentialJson> {
  const counter = v.pipe(
    v.string(),
    v.check((digits) => /^[0-9]{1,20}$/.test(digits) && BigInt(digits) <= LAST_COUNTER),
  );
  const suite = v.pipe(v.string(), v.check(isOcraSuite));
  const hmac = {
    algorithm: v.picklist(HASH_ALGORITHMS),
    digits: integer(4, 10),
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
    push: pushCredentialSchema(),
  } satisfies SchemasByKind;
  return v.variant("kind", Object.values(kinds));
}

/** A whole number within bounds. */
export function integer(min: number, max: number) {
  return v.pipe(v.number(), v.safeInteger(), v.minValue(min), v.maxValue(max));
}
