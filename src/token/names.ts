import { editDistance } from "#base/edit-distance.ts";

/** What a token answers to. */
export interface Named {
  readonly id: string;
  readonly name: string;
  readonly issuer: string | null;
  readonly account: string | null;
}

/** What a name that a person typed fits. */
type Found<T> =
  | { readonly kind: "one"; readonly token: T }
  | { readonly kind: "several"; readonly tokens: readonly T[] };

/**
 * The outcome of looking a token up by what a person typed. `nearest` holds names that resemble it,
 * best first.
 */
export type Match<T> = Found<T> | { readonly kind: "none"; readonly nearest: readonly string[] };

/** Names further away than this many edits are no help as a suggestion. */
const MAX_DISTANCE = 3;

/**
 * Finds the token meant by `query`: exact id, exact name, name in any letter case, unique beginning
 * of a name, unique part of `issuer:account`. The first of these rules that fits any token decides.
 */
export function matchName<T extends Named>(query: string, tokens: readonly T[]): Match<T> {
  const folded = fold(query);
  return (
    matchWholeName(query, tokens) ??
    firstMatch(tokens, [
      (token) => folded !== "" && fold(token.name).startsWith(folded),
      (token) =>
        folded !== "" && fold(`${token.issuer ?? ""}:${token.account ?? ""}`).includes(folded),
    ]) ?? { kind: "none", nearest: nearestNames(folded, tokens) }
  );
}

/** The rules of {@link matchName} that know no parts of names. Null where none of them fits. */
export function matchWholeName<T extends Named>(
  query: string,
  tokens: readonly T[],
): Found<T> | null {
  const folded = fold(query);
  return firstMatch(tokens, [
    (token) => token.id === query,
    (token) => token.name === query,
    (token) => fold(token.name) === folded,
  ]);
}

function firstMatch<T>(
  tokens: readonly T[],
  rules: readonly ((token: T) => boolean)[],
): Found<T> | null {
  for (const rule of rules) {
    const found = tokens.filter(rule);
    if (found.length > 1) return { kind: "several", tokens: found };
    if (found[0]) return { kind: "one", token: found[0] };
  }
  return null;
}

/**
 * Gives out names that are free, each once. It remembers up to which number a name is taken: twenty
 * thousand tokens may want the same one.
 */
export class FreeNames {
  readonly #taken: Set<string>;
  readonly #lastNumbers = new Map<string, number>();

  /** `taken` holds folded names. */
  constructor(taken: Iterable<string>) {
    this.#taken = new Set(taken);
  }

  /** Whether a token is called so, in any letter case. */
  has(name: string): boolean {
    return this.#taken.has(fold(name));
  }

  /**
   * `wanted`, or the first of `wanted 2`, `wanted 3` ... that no token is called yet, in any letter
   * case. It is taken from now on.
   */
  next(wanted: string): string {
    const folded = fold(wanted);
    let name = wanted;
    let number = this.#lastNumbers.get(folded) ?? 1;
    while (this.#taken.has(fold(name))) name = `${wanted} ${++number}`;
    this.#lastNumbers.set(folded, number);
    this.#taken.add(fold(name));
    return name;
  }
}

/** The form in which names are compared: letter case and Unicode composition do not count. */
export function fold(text: string): string {
  return text.normalize("NFC").toLowerCase();
}

function nearestNames(folded: string, tokens: readonly Named[]): string[] {
  const query = folded.slice(0, 64);
  return tokens
    .map((token) => ({
      name: token.name,
      distance: editDistance(query, fold(token.name).slice(0, 64)),
    }))
    .filter(({ distance }) => distance <= Math.min(MAX_DISTANCE, Math.max(1, query.length - 1)))
    .sort((a, b) => a.distance - b.distance)
    .slice(0, 3)
    .map(({ name }) => name);
}
