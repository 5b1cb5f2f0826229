// Writes what follows "## Commands" in docs/json.md: an example and the keys of what every command
// prints, from the files in schema/.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/**
 * @typedef {object} Schema
 * @property {string} [$ref]
 * @property {string} [title]
 * @property {string} [description]
 * @property {string | string[]} [type]
 * @property {unknown} [const]
 * @property {unknown[]} [enum]
 * @property {Schema[]} [anyOf]
 * @property {Schema[]} [allOf]
 * @property {Schema} [items]
 * @property {Record<string, Schema>} [properties]
 * @property {string[]} [required]
 * @property {Record<string, Schema>} [$defs]
 * @property {unknown[]} [examples]
 */

const DOCUMENT = fileURLToPath(new URL("../docs/json.md", import.meta.url));
const HEADING = "## Commands\n";
const schemas = readSchemas();
const shared = schemas.get("definitions")?.$defs ?? {};

if (process.argv[1] === fileURLToPath(import.meta.url)) writeFileSync(DOCUMENT, documentSchemas());

/** The whole document as it must be: its own beginning, and a section for every schema. */
export function documentSchemas() {
  const [beginning] = readFileSync(DOCUMENT, "utf8").split(HEADING);
  const commands = [...schemas].filter(
    ([, { title }]) => title?.startsWith("fob ") && !title.includes(":"),
  );
  const sections = commands.map(([name, schema]) => describeCommand(name, schema));
  return [`${beginning}${HEADING}`, ...sections, describeShared()].join("\n");
}

/** @returns {Map<string, Schema>} */
function readSchemas() {
  const folder = new URL("../schema/", import.meta.url);
  const names = readdirSync(folder).map((file) => file.replace(".schema.json", ""));
  return new Map(
    names
      .sort()
      .map((name) => [
        name,
        JSON.parse(readFileSync(new URL(`${name}.schema.json`, folder), "utf8")),
      ]),
  );
}

/**
 * @param {string} name
 * @param {Schema} schema
 */
function describeCommand(name, schema) {
  const link = `[schema/${name}.schema.json](../schema/${name}.schema.json)`;
  const example = JSON.stringify(schema.examples?.[0], null, 2).replaceAll(/^/gm, "    ");
  return [
    `### ${schema.title}`,
    "",
    `${schema.description} ${link}`,
    "",
    example,
    "",
    ...describeShape(schema, schema),
    "",
  ].join("\n");
}

function describeShared() {
  const shapes = Object.entries(shared).filter(([, { properties }]) => properties !== undefined);
  const sections = shapes.map(([name, schema]) => {
    return [
      `### ${nameOf(name)}`,
      "",
      `${schema.description}.`,
      "",
      ...describeShape(schema, schema),
      "",
    ].join("\n");
  });
  return ["## Shared shapes\n", ...sections].join("\n");
}

/** @param {string} name */
function nameOf(name) {
  return name.replaceAll(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`);
}

/**
 * The keys of a value, one table for each form that it can have.
 * @param {Schema} schema
 * @param {Schema} root where local references lead
 * @returns {string[]}
 */
function describeShape(schema, root) {
  const { $ref, allOf = [], anyOf, items, properties } = resolveLocal(schema, root);
  if ($ref !== undefined) return [`It has the keys of ${linkTo($ref)}.`];
  if (items) return ["An array:", "", ...describeShape(items, root)];
  if (anyOf)
    return anyOf.flatMap((form, i) => [...(i > 0 ? [""] : []), ...describeForm(form, root)]);
  const base = allOf.flatMap(({ $ref: from }) =>
    from === undefined ? [] : `It has the keys of ${linkTo(from)}.`,
  );
  const rows = rowsOf(resolveLocal(schema, root), "");
  const table = properties ? ["| key | value | what it is |", "| --- | --- | --- |", ...rows] : [];
  return [...base, ...(base.length > 0 && properties ? ["", "Besides:", ""] : []), ...table];
}

/**
 * @param {Schema} form
 * @param {Schema} root
 */
function describeForm(form, root) {
  const { title } = resolveLocal(form, root);
  return [...(title === undefined ? [] : [`_${title}_`, ""]), ...describeShape(form, root)];
}

/**
 * @param {Schema} schema
 * @param {Schema} root
 * @returns {Schema}
 */
function resolveLocal(schema, root) {
  const local = /^#\/\$defs\/(.+)$/.exec(schema.$ref ?? "")?.[1];
  return local === undefined ? schema : (root.$defs?.[local] ?? schema);
}

/**
 * @param {Schema} schema
 * @param {string} prefix
 * @returns {string[]}
 */
function rowsOf({ properties = {}, required = [] }, prefix) {
  return Object.entries(properties).flatMap(([key, value]) => {
    const path = `${prefix}${key}`;
    const may = required.includes(key) ? "" : "may be absent: ";
    const row = `| \`${path}\` | ${typeOf(value)} | ${may}${value.description ?? describedBy(value)} |`;
    return [row, ...rowsOf(value, `${path}.`), ...rowsOf(value.items ?? {}, `${path}[].`)];
  });
}

/** @param {Schema} schema */
function describedBy({ $ref = "" }) {
  return shared[$ref.split("/").at(-1) ?? ""]?.description ?? "";
}

/**
 * @param {Schema} schema
 * @returns {string}
 */
function typeOf(schema) {
  const { $ref, anyOf, items, type } = schema;
  if ($ref !== undefined) return linkTo($ref);
  if ("const" in schema) return `\`${JSON.stringify(schema.const)}\``;
  if (schema.enum) return schema.enum.map((value) => `\`${JSON.stringify(value)}\``).join(", ");
  if (items) return `array of ${typeOf(items)}`;
  if (anyOf) return anyOf.map(typeOf).join(" or ");
  return [type ?? "object"].flat().join(" or ");
}

/** @param {string} ref */
function linkTo(ref) {
  const name = ref.split("/").at(-1) ?? ref;
  const hasSection = shared[name]?.properties !== undefined;
  return hasSection ? `[${nameOf(name)}](#${nameOf(name).replaceAll(" ", "-")})` : nameOf(name);
}
