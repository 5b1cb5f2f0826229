import { t } from "#base/language.ts";
import type { Token } from "#token/token.ts";
import type { CodesLeft } from "#vault/belongings/codes-left.ts";
import { FEW_CODES } from "#vault/belongings/recovery-codes.ts";
import { entriesLeft } from "#vault/tokens/list-entries.ts";
import { nameSome } from "./naming.ts";

/** A token of which few recovery codes, or few entries of its list, are left. */
export interface FewCodes extends Pick<Token, "name"> {
  readonly left: number;
}

/** More names than this are only counted. */
const MAX_NAMED = 3;

/** Finds them among current tokens. */
export function findFewCodes(
  tokens: readonly Pick<Token, "id" | "name" | "credential">[],
  known: CodesLeft,
): readonly FewCodes[] {
  return tokens.flatMap(({ id, name, credential }) => {
    const left = credential.kind === "list" ? entriesLeft(credential) : (known.get(id) ?? null);
    return left !== null && left <= FEW_CODES ? [{ name, left }] : [];
  });
}

/** A warning about these tokens; none where there are none. */
export function warnOfFewCodes(few: readonly FewCodes[]): string[] {
  if (few.length === 0) return [];
  return [t`few codes are left: ${nameFew(few)}`];
}

/** Their names, each with how many codes are left. */
export function nameFew(few: readonly FewCodes[]): string {
  return nameSome(
    few.map(({ name, left }) => `${name} (${left})`),
    MAX_NAMED,
  );
}
