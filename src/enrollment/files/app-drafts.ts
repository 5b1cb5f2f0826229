import { ownValue } from "#base/own-value.ts";
import type { EnrollmentDraft } from "#enrollment/draft.ts";
import type { Effort } from "#enrollment/effort.ts";
import { encodeText } from "#enrollment/formats/key-uri-writer.ts";
import { type RecognizedToken, recognize } from "#enrollment/recognize.ts";
import type { OtpCredential } from "#token/credential.ts";
import type { Finding } from "#token/draft/parsed-token.ts";
import { cleanName } from "#token/draft/uri-label.ts";
import type { AppEntry, AppLogin } from "./app-file.ts";

/**
 * The tokens of an entry: one, unless a password manager keeps a code that holds several. Rejects
 * with FobError `invalid` in the words in which enrollment strings are refused.
 */
export async function draftsOf<Format extends string>(
  entry: AppEntry | AppLogin,
  format: Format,
  effort: Effort,
): Promise<EnrollmentDraft<OtpCredential, Format>[]> {
  const drafts = await recognize(
    "enrollment" in entry ? entry.enrollment : keyUriOf(entry),
    undefined,
    effort,
  );
  return drafts.map((draft) => nameDraft(draft, entry, format));
}

/** The draft with the names of its login, where the string itself has none. */
function nameDraft<Format extends string>(
  draft: RecognizedToken,
  entry: AppEntry | AppLogin,
  format: Format,
): EnrollmentDraft<OtpCredential, Format> {
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
