import * as v from "valibot";
import { ownValue } from "#base/own-value.ts";
import type { AskSecret, EnrollmentDraft, Finding } from "#enrollment/draft.ts";
import type { Effort } from "#enrollment/effort.ts";
import { cleanName } from "#enrollment/formats/key-uri-label.ts";
import { encodeText } from "#enrollment/formats/key-uri-writer.ts";
import { MAX_ENTRIES } from "#enrollment/lines.ts";
import { recognize } from "#enrollment/recognize.ts";

/** A token as another app's file describes it, in the terms of a Key URI. */
export interface AppEntry {
  /** `totp`, `hotp`, `steam`, or whatever else the app has, which is then refused by this name. */
  readonly type: string;
  readonly issuer?: string | null | undefined;
  readonly account?: string | null | undefined;
  /** In Base32. */
  readonly secret: string;
  readonly algorithm?: string | null | undefined;
  readonly digits?: number | string | null | undefined;
  readonly period?: number | string | null | undefined;
  readonly counter?: number | string | null | undefined;
}

/**
 * A token that a password manager keeps as an enrollment string, beside the names of the login that
 * it belongs to.
 */
export interface AppLogin {
  readonly enrollment: string;
  readonly issuer?: string | null | undefined;
  readonly account?: string | null | undefined;
}

/** One kind of file that another app exports. */
export interface AppFile {
  /** Stored with the token as its format. */
  readonly id: string;
  /** The app's name, for people. */
  readonly app: string;
  /**
   * Its tokens, or null when this is not a file of this kind. Throws FobError `invalid` when it is
   * a damaged one.
   */
  read(
    content: unknown,
    askSecret: AskSecret,
    effort: Effort,
  ): Promise<readonly (AppEntry | AppLogin)[] | null>;
}

/**
 * A list in a file, not longer than a list can be: its length is looked at before anything in it.
 */
export function listOf<const Item extends v.GenericSchema>(item: Item) {
  return v.pipe(v.array(v.unknown()), v.maxLength(MAX_ENTRIES), v.array(item));
}

/**
 * The tokens of an entry: one, unless a password manager keeps a code that holds several. Rejects
 * with FobError `invalid` in the words in which enrollment strings are refused.
 */
export async function draftsOf(
  entry: AppEntry | AppLogin,
  format: string,
  effort: Effort,
): Promise<EnrollmentDraft[]> {
  const drafts = await recognize(
    "enrollment" in entry ? entry.enrollment : keyUriOf(entry),
    undefined,
    effort,
  );
  return drafts.map((draft) => nameDraft(draft, entry, format));
}

/** The draft with the names of its login, where the string itself has none. */
function nameDraft(
  draft: EnrollmentDraft,
  entry: AppEntry | AppLogin,
  format: string,
): EnrollmentDraft {
  const findings: Finding[] = [...draft.findings];
  const issuer = draft.issuer ?? cleanName("issuer", entry.issuer ?? "", findings);
  const account = draft.account ?? cleanName("account", entry.account ?? "", findings);
  return { ...draft, issuer, account, name: issuer ?? account ?? draft.name, format, findings };
}

/** What a token of each type takes; apps write the rest as well, where it means nothing. */
const PARAMETERS: Readonly<Record<string, readonly (keyof AppEntry)[]>> = {
  totp: ["secret", "algorithm", "digits", "period"],
  hotp: ["secret", "algorithm", "digits", "counter"],
  steam: ["secret"],
};

/** An entry takes the way of a Key URI, so that the same rules hold for it. */
function keyUriOf(entry: AppEntry): string {
  const type = entry.type.toLowerCase();
  const label = [entry.issuer || null, entry.account ?? ""]
    .filter((part) => part !== null)
    .map(encodeText)
    .join(":");
  const names = [...(ownValue(PARAMETERS, type) ?? []), "issuer" as const];
  const query = names.flatMap((name) =>
    entry[name] ? [`${name}=${encodeText(String(entry[name]))}`] : [],
  );
  return `otpauth://${encodeText(type)}/${label}?${query.join("&")}`;
}
