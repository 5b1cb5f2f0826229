import { editDistance } from "#base/edit-distance.ts";

/** The fields that a token is looked up by. */
export interface Named {
  readonly id: string;
  readonly name: string;
  readonly issuer: string | null;
  readonly account: string | null;
}

/** The tokens that a typed name matches. */
type Found<T> =
  | { readonly kind: "one"; readonly token: T }
  | { readonly kind: "several"; readonly tokens: readonly T[] };

/** The result of a lookup by a typed name. `nearest` has similar names, the most similar first. */
export type Match<T> = Found<T> | { readonly kind: "none"; readonly nearest: readonly string[] };

/** Names with a larger edit distance are not suggested. */
const MAX_DISTANCE = 3;

/**
 * Finds a token by exact id, exact name, name in any letter case, unique beginning of a name, or
 * unique part of `issuer:account`. The first of these rules that matches any token decides.
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

/** Applies only the rules of {@link matchName} for whole ids and names. Null when none matches. */
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
 * Gives each token an unused name. It remembers the last number of each name, so that twenty
 * thousand tokens with the same name do not take quadratic time.
 */
export class FreeNames {
  readonly #taken: Set<string>;
  readonly #lastNumbers = new Map<string, number>();

  /** `taken` holds folded names. */
  constructor(taken: Iterable<string>) {
    this.#taken = new Set(taken);
  }

  /** Whether a name is used, in any letter case. */
  has(name: string): boolean {
    return this.#taken.has(fold(name));
  }

  /**
   * Returns `wanted`, or the first of `wanted 2`, `wanted 3` ... that is unused in any letter case,
   * and marks it as used.
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

/** Normalizes a name for comparison: letter case and Unicode composition are ignored. */
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
