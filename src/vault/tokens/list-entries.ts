import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { refuseByDomain } from "#token/access-domain.ts";
import type { ListCredential } from "#token/credential.ts";
import { forget, type Secret } from "#token/secret.ts";
import type { Token } from "#token/token.ts";
import { type Passcode, secretOf, usedUpBy } from "./passcodes.ts";
import type { TokenRecord } from "./token-record.ts";
import type { TokenStore } from "./token-store.ts";

/** The secret of a token with these entries. */
export function secretOfEntries(entries: readonly string[]): Buffer {
  return Buffer.from(entries.join("\n"));
}

/**
 * Takes an entry of a list: that with the number that a challenge names, or the first one that was
 * not given yet. It is marked as given, durably, when this returns, and is never given again.
 * Throws FobError `invalid` for a number that the list does not have or has given, and where none
 * is left.
 */
export function takeEntry(
  store: TokenStore,
  record: TokenRecord,
  secretKey: Secret,
  wanted: string | null,
): Extract<Passcode, { readonly kind: "list" | "hotp" }> {
  const { token } = record;
  refuseByDomain(token, store.isPinGiven(record));
  const secret = secretOf(record, secretKey);
  try {
    const entries = secret.toString("utf8").split("\n");
    let taken = -1;
    const take = (current: TokenRecord) => {
      const credential = listOf(current);
      taken = chooseEntry(current.token, credential, wanted);
      const counter = credential.counter | (1n << BigInt(taken));
      return { ...current, token: { ...current.token, credential: { ...credential, counter } } };
    };
    const numberOf = () => BigInt(listOf(record).first + taken);
    try {
      store.update(token.id, take);
    } catch (error) {
      if (!(error instanceof FobError && error.isDone)) throw error;
      // an entry that could be given again after a power cut must not be given
      const used = { name: token.name, counter: numberOf() };
      throw usedUpBy(error, used, t("check the disk; the next passcode is the next entry"));
    }
    return { kind: "list", code: entries[taken] ?? "", counter: numberOf() };
  } finally {
    forget(secret);
  }
}

/** How many entries of a list are left. */
export function entriesLeft({ length, counter }: ListCredential): number {
  return length - [...counter.toString(2)].filter((bit) => bit === "1").length;
}

function listOf({ token: { name, credential } }: TokenRecord): ListCredential {
  if (credential.kind === "list") return credential;
  throw new FobError("invalid", t`${name} is no longer a list`);
}

/** The place of the entry, counted from 0. */
function chooseEntry(
  { name }: Token,
  { length, first, counter }: ListCredential,
  wanted: string | null,
): number {
  const isGiven = (place: number) => ((counter >> BigInt(place)) & 1n) === 1n;
  if (wanted === null) {
    const place = Array.from({ length }, (_, i) => i).find((i) => !isGiven(i));
    if (place !== undefined) return place;
    throw new FobError("invalid", t`every entry of ${name} was given`, {
      hint: t("its issuer has a new list: `fob enroll --codes FILE --replace`"),
    });
  }
  const place = /^[0-9]{1,5}$/.test(wanted.trim()) ? Number(wanted) - first : -1;
  if (place < 0 || place >= length)
    throw new FobError("invalid", t`${name} has the entries ${first} to ${first + length - 1}`);
  if (isGiven(place))
    throw new FobError("invalid", t`entry ${Number(wanted)} of ${name} was given already`);
  return place;
}
