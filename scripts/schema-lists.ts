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
 * file of this project.
 */
export function schemasWithLists(
  paths: readonly string[],
  read: (path: string) => string,
): [string, string][] {
  return paths.map((path) => [path, LISTS.reduce(withList, read(path))]);
}

function withList(schema: string, list: readonly string[]): string {
  const [first, second] = list.map((member) => JSON.stringify(member));
  const members = list.map((member) => JSON.stringify(member)).join(", ");
  return schema.replaceAll(
    new RegExp(`"enum": \\[\\s*${first},\\s*${second}[^\\]]*\\]`, "g"),
    `"enum": [${members}]`,
  );
}
