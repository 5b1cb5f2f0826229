import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { ownValue } from "#base/own-value.ts";
import type { EnrollmentDraft } from "#enrollment/draft.ts";
import type { Effort } from "#enrollment/effort.ts";
import { type RecognizedToken, recognizeEach } from "#enrollment/recognize.ts";
import { MOTP } from "#otp/motp.ts";
import type { OtpCredential } from "#token/credential.ts";
import type { DraftField, Finding, ParsedToken } from "#token/draft/parsed-token.ts";
import { cleanName, formatLabel, percentEncode, withoutIssuer } from "#token/draft/uri-label.ts";
import { cleanTags } from "#token/tags.ts";
import type { AppEntry, AppLogin, TokenItem } from "./app-file.ts";

/**
 * The tokens of an entry: one, unless a password manager's code holds several, some of which may be
 * refused. Rejects with FobError `invalid` and the messages for enrollment strings.
 */
export async function draftsOf<Format extends string>(
  entry: TokenItem,
  format: Format,
  effort: Effort,
): Promise<{
  readonly drafts: readonly EnrollmentDraft<OtpCredential, Format>[];
  readonly refusals: readonly string[];
}> {
  if ("fault" in entry) throw new FobError("invalid", entry.fault);
  const { tokens, refusals } = await recognizeEach(
    "enrollment" in entry ? entry.enrollment : keyUriOf(entry),
    undefined,
    effort,
  );
  const kept = keptWith(entry);
  return {
    drafts: tokens.map((draft) => ({ ...nameDraft(draft, entry, format), ...kept })),
    refusals,
  };
}

/** What a token keeps of the tags, the mark as a favorite and the note beside it. */
export function keptWith({
  tags,
  favorite,
  note,
}: {
  readonly tags?: readonly (string | null | undefined)[] | null | undefined;
  readonly favorite?: boolean | undefined;
  readonly note?: string | null | undefined;
}): Pick<ParsedToken, "tags" | "favorite" | "note"> {
  const cleaned = cleanTags(tags ?? []);
  return {
    ...(cleaned.length === 0 ? {} : { tags: cleaned }),
    ...(favorite ? { favorite } : {}),
    ...(note == null ? {} : { note }),
  };
}

/** The draft with the names of its login, where the string itself has none. */
function nameDraft<Format extends string>(
  draft: RecognizedToken,
  entry: AppEntry | AppLogin,
  format: Format,
): EnrollmentDraft<OtpCredential, Format> {
  // the draft has the other fields of the entry already
  if (!("enrollment" in entry)) {
    const name = draft.name ?? draft.serial;
    return { ...draft, name, format, findings: [...draft.findings, ...(entry.findings ?? [])] };
  }
  const findings: Finding[] = [...draft.findings];
  const issuer = draft.issuer ?? nameIn("issuer", entry.issuer, findings);
  const given = withoutIssuer(entry.account?.trim() ?? "", issuer ?? "");
  const account = draft.account ?? nameIn("account", given, findings);
  const names = { issuer, account };
  const fields = [...namesBeside(draft, names), ...draft.fields];
  return { ...draft, ...names, name: issuer ?? account ?? draft.name, fields, format, findings };
}

/** The names that the string itself does not have. */
function namesBeside(
  draft: RecognizedToken,
  names: { readonly issuer: string | null; readonly account: string | null },
): readonly DraftField[] {
  return (["issuer", "account"] as const).flatMap((name) => {
    const value = names[name];
    return draft[name] === null && value !== null ? [{ name, value, origin: "given" }] : [];
  });
}

/** A name, and a finding about what was removed from it; null for a text that becomes empty. */
function nameIn(part: string, text: string | null | undefined, findings: Finding[]): string | null {
  const found: Finding[] = [];
  const name = cleanName(part, text ?? "", found);
  if (name !== null) findings.push(...found);
  return name;
}

/** The parameters of each type; apps write the others as well, without a meaning. */
const PARAMETERS: Readonly<Record<string, readonly (keyof AppEntry)[]>> = {
  totp: ["secret", "algorithm", "digits", "alphabet", "period", "t0"],
  hotp: ["secret", "algorithm", "digits", "counter"],
  ocra: ["secret", "suite", "counter"],
  steam: ["secret"],
  yandex: ["secret", "digits", "period", "pin"],
};

/** Where these are 0, the entry is wrong; other fields that are 0 mean the same as missing ones. */
const NEVER_ZERO: ReadonlySet<keyof AppEntry> = new Set(["digits", "period"]);

/** An entry is parsed as a Key URI, so that the same rules apply. */
function keyUriOf(entry: AppEntry): string {
  const type = entry.type.toLowerCase();
  if (type === "motp") return mobileOtpUriOf(entry);
  const label = labelOf(entry);
  const names = [...(ownValue(PARAMETERS, type) ?? []), "issuer" as const, "serial" as const];
  const query = names.flatMap((name) =>
    entry[name] || (NEVER_ZERO.has(name) && entry[name] === 0)
      ? [`${name}=${percentEncode(String(entry[name]))}`]
      : [],
  );
  return `otpauth://${percentEncode(type)}/${label}?${query.join("&")}`;
}

/** Throws FobError `invalid` for digits or a period that no Mobile-OTP has. */
function mobileOtpUriOf(entry: AppEntry): string {
  const { issuer, secret, digits, period, pin } = entry;
  if (Number(digits ?? MOTP.digits) !== MOTP.digits)
    throw new FobError(
      "invalid",
      t`a Mobile-OTP passcode of ${digits} characters is not supported`,
    );
  if (Number(period ?? MOTP.period) !== MOTP.period)
    throw new FobError("invalid", t`a Mobile-OTP period of ${period} s is not supported`);
  const given = { secret, issuer: issuer?.trim() || null, pin: pin || null };
  const query = Object.entries(given).flatMap(([name, value]) =>
    value === null ? [] : [`${name}=${percentEncode(value)}`],
  );
  return `motp://${labelOf(entry)}?${query.join("&")}`;
}

/**
 * An app that has a field for the issuer means what stands there, even if it is empty; elsewhere
 * the account is a label that may hold it.
 */
function labelOf({ issuer, account }: AppEntry): string {
  const whole = account?.trim() ?? "";
  if (issuer === undefined) return percentEncode(whole);
  const issuedBy = issuer?.trim() || null;
  return formatLabel(issuedBy, withoutIssuer(whole, issuedBy ?? ""));
}
