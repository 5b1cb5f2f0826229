import { ACCESS_DOMAINS } from "#token/access-domain.ts";
import { RIGHTS } from "#token/grant.ts";
import { LIMIT_ACTIONS, PIN_ALPHABETS } from "#token/pin-policy.ts";
import { PIN_TYPES } from "#token/token.ts";
import { KEYCHAIN_KINDS } from "#vault/keys/keychain-kind.ts";

/** The lists of the program that schemas enumerate: each is known by its first two members. */
const LISTS: readonly (readonly string[])[] = [
  ACCESS_DOMAINS,
  KEYCHAIN_KINDS,
  LIMIT_ACTIONS,
  PIN_ALPHABETS,
  PIN_TYPES,
  RIGHTS,
];

/**
 * The schemas by their paths, with the members that the lists have now. `read` gives the text of a
 * file of this project. Throws where a list is in no schema.
 */
export function schemasWithLists(
  paths: readonly string[],
  read: (path: string) => string,
): [string, string][] {
  const schemas = paths.map((path) => [path, read(path)] as const);
  for (const list of LISTS) {
    if (!schemas.some(([, schema]) => patternOf(list).test(schema)))
      throw new Error(`no schema has a list that begins as this one does: ${list.join(", ")}`);
  }
  return schemas.map(([path, schema]) => [path, LISTS.reduce(withList, schema)]);
}

function withList(schema: string, list: readonly string[]): string {
  const members = list.map((member) => JSON.stringify(member)).join(", ");
  return schema.replaceAll(patternOf(list), () => `"enum": [${members}]`);
}

/** Finds a list in schemas. */
function patternOf(list: readonly string[]): RegExp {
  const [first, second] = list.map((member) => escapePattern(JSON.stringify(member)));
  return new RegExp(`"enum": \\[\\s*${first},\\s*${second}[^\\]]*\\]`, "g");
}

/** Text as a regular expression that matches exactly it. */
function escapePattern(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, "\\$&");
}
