import { readdirSync, readFileSync } from "node:fs";
import { Ajv2020, type AnySchemaObject, type ValidateFunction } from "ajv/dist/2020.js";

const FOLDER = new URL("../../schema/", import.meta.url);

/**
 * The names of the schemas: of a command its words with hyphens between, `error`, `definitions`,
 * `config`.
 */
export const SCHEMA_NAMES = readdirSync(FOLDER).map((file) => file.replace(".schema.json", ""));

/** The schema of this name, as it is shipped. */
export function readSchema(name: string): AnySchemaObject {
  return JSON.parse(readFileSync(new URL(`${name}.schema.json`, FOLDER), "utf8"));
}

/** The name of a command's schema. */
export function schemaName(command: string): string {
  return command.replaceAll(" ", "-");
}

/**
 * Why a value is not what the schema says, in words; empty when it is. A key that the schema does
 * not have counts as well: others may ignore it, we document it.
 */
export function violations(name: string, value: unknown): string[] {
  const isValid = compiled.get(name) ?? compile(name);
  isValid(value);
  return (isValid.errors ?? []).map(
    ({ instancePath, message }) => `${name}${instancePath} ${message}`,
  );
}

const compiled = new Map<string, ValidateFunction>();

function compile(name: string): ValidateFunction {
  const ajv = new Ajv2020({ allowUnionTypes: true, strictTypes: false });
  ajv.addSchema(readSchema("definitions"), "definitions.schema.json");
  const isValid = ajv.compile(closed(readSchema(name)));
  compiled.set(name, isValid);
  return isValid;
}

/** The schema without room for other keys, wherever it describes an object. */
function closed(schema: AnySchemaObject): AnySchemaObject {
  const each = (schemas: Readonly<Record<string, AnySchemaObject>>) =>
    Object.fromEntries(Object.entries(schemas).map(([key, one]) => [key, closed(one)]));
  const { $defs, properties, items, anyOf, allOf, $ref } = schema;
  const isLocal = $ref?.startsWith("#");
  return {
    ...schema,
    ...($defs ? { $defs: each($defs) } : {}),
    ...(properties ? { properties: each(properties) } : {}),
    ...(items ? { items: closed(items) } : {}),
    ...(anyOf ? { anyOf: anyOf.map(closed) } : {}),
    ...((properties || allOf || $ref) && !isLocal ? { unevaluatedProperties: false } : {}),
  };
}
