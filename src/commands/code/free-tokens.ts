import { plural, t } from "#base/language.ts";
import type { Token } from "#token/token.ts";

/**
 * Whether asking for a token's passcode uses nothing up and needs nobody: `code --all` leaves the
 * others out.
 */
export function isFree({
  credential,
  pin,
  accessDomain,
}: Pick<Token, "credential" | "pin" | "accessDomain">): boolean {
  return credential.kind === "totp" && pin !== "user" && accessDomain === "00";
}

/** What `code --all` says of the tokens that it left out; nothing where there are none. */
export function describeLeftOut(count: number): readonly string[] {
  if (count === 0) return [];
  return [
    t`left out ${plural(count, "token")} (event-based, challenge-response or guarded by a PIN: name them)`,
  ];
}
