import * as v from "valibot";
import { encodeToken, tokenSchemas } from "#token/codec.ts";
import type { Token } from "#token/token.ts";
import type { JsonValue } from "./json-value.ts";

/**
 * The fields of a token that are not shared as such: they never change, or differ from device to
 * device. All others are, new ones included.
 */
const OWN_FIELDS: readonly string[] = [
  ...["id", "credential", "format", "pin", "heldBy", "enrolledAt"],
  // no other device says whether a person is asked at this one
  "confirm",
];

/** The fields of a token that devices share, as JSON values. */
export function sharedFields(token: Token): Record<string, JsonValue> {
  const entries = Object.entries(encodeToken(token)).filter(
    ([name, value]) => !OWN_FIELDS.includes(name) && value !== undefined,
  );
  return Object.fromEntries(entries) as Record<string, JsonValue>;
}

/** The token with these fields, as far as they are valid for this version. */
export function withSharedFields(token: Token, fields: Readonly<Record<string, JsonValue>>): Token {
  const schemas: Readonly<Record<string, v.GenericSchema>> = tokenSchemas();
  let changed = token;
  for (const [name, value] of Object.entries(fields)) {
    const schema = Object.hasOwn(schemas, name) ? schemas[name] : undefined;
    if (!schema || OWN_FIELDS.includes(name)) continue;
    const parsed = v.safeParse(schema, value);
    if (parsed.success && (name !== "name" || parsed.output)) {
      changed = { ...changed, [name]: parsed.output };
    }
  }
  return changed;
}
