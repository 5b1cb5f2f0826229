import type { AskSecret, EnrollmentDraft } from "../draft.ts";
import { recognize } from "../recognize.ts";

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

/** A token that a password manager keeps as an enrollment string, beside the names of the login that it belongs to. */
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
  /** Its tokens, or null when this is not a file of this kind. Throws FobError `invalid` when it is a damaged one. */
  read(content: unknown, askSecret: AskSecret): Promise<readonly (AppEntry | AppLogin)[] | null>;
}

/** The token of an entry. Rejects with FobError `invalid` in the words in which enrollment strings are refused. */
export async function draftOf(entry: AppEntry | AppLogin, format: string): Promise<EnrollmentDraft> {
  const [draft] = await ("enrollment" in entry ? recognize(entry.enrollment) : recognize(keyUriOf(entry)));
  if (!draft) throw new Error("an entry was read and no token came of it");
  const issuer = draft.issuer ?? (entry.issuer || null);
  const account = draft.account ?? (entry.account || null);
  return { ...draft, issuer, account, name: issuer ?? account, format };
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
    .map(encodeURIComponent)
    .join(":");
  const names = [...(PARAMETERS[type] ?? []), "issuer" as const];
  const query = names.flatMap((name) => (entry[name] ? [`${name}=${encodeURIComponent(String(entry[name]))}`] : []));
  return `otpauth://${encodeURIComponent(type)}/${label}?${query.join("&")}`;
}
