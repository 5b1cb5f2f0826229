import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { cleanText, MAX_NAME_LENGTH, shortenName } from "#token/clean-name.ts";
import type { Finding } from "./parsed-token.ts";
import type { Parameters } from "./uri-parameters.ts";

/** The issuer and account of a token, and its name: the issuer, else the account, else null. */
export interface Label {
  readonly issuer: string | null;
  readonly account: string | null;
  readonly name: string | null;
}

/**
 * Parses the label `ISSUER:ACCOUNT`, either part of which may be missing, and the parameter
 * `issuer`, which wins if the two differ.
 */
export function readLabel(encoded: string, parameters: Parameters): Label {
  // issuers encode this parameter as form data: only here is a plus certainly a space
  const given = parameters.readForm("issuer") ?? "";
  const path = withoutSlashes(encoded);
  const label = labelOf(parameters.decode(path).trimStart(), given);
  // where one colon alone is not encoded, it is the one that divides
  const written = isOneColonPlain(path)
    ? label.account
    : withoutIssuer(label.account.trimStart(), label.issuer ?? "");
  const account = cleanName("account", written, parameters.findings);
  const fromLabel = cleanName("issuer", label.issuer ?? "", parameters.findings);
  const fromParameter = cleanName("issuer", given, parameters.findings);
  if (fromLabel && fromParameter && fromLabel.toLowerCase() !== fromParameter.toLowerCase()) {
    parameters.find(
      "warning",
      "issuer-mismatch",
      t`the label says ${fromLabel}, the issuer parameter ${fromParameter}`,
    );
  }
  const issuer = fromParameter ?? fromLabel;
  if (issuer !== null) parameters.note("issuer", issuer, "given");
  if (account !== null) parameters.note("account", account, "given");
  return { issuer, account, name: issuer ?? account };
}

/**
 * Splits a label into issuer and account. If the label begins with the known `issuer`, that part is
 * the issuer, even with colons in it; otherwise the first colon divides, because an account may
 * contain a colon.
 */
export function labelOf(
  label: string,
  issuer: string,
): { readonly issuer: string | null; readonly account: string } {
  const at = beginsWithIssuer(label, issuer) ? issuer.length : label.indexOf(":");
  return at < 0
    ? { issuer: null, account: label }
    : { issuer: label.slice(0, at), account: label.slice(at + 1) };
}

/**
 * The label of a Key URI, of which {@link readLabel} makes the same issuer and account: of all
 * colons only the one between them is not encoded.
 */
export function formatLabel(issuer: string | null, account: string | null): string {
  // an empty issuer says that the colons belong to the account
  const prefix = issuer ?? (account?.includes(":") ? "" : null);
  return [prefix, account ?? ""]
    .filter((part) => part !== null)
    .map(percentEncode)
    .join(":");
}

/** Percent-encoding of any text. Half a character cannot be encoded, and is left out. */
export function percentEncode(text: string): string {
  return encodeURIComponent(text.replace(/\p{Cs}/gu, ""));
}

/**
 * The account in a text that begins with its issuer once more, as some apps write it in a field of
 * its own (`Acme:ann` of Acme); any other text as it is. The inverse is {@link withIssuer}.
 */
export function withoutIssuer(account: string, issuer: string): string {
  return beginsWithIssuer(account, issuer) ? account.slice(issuer.length + 1) : account;
}

/**
 * An account as it is written into a field of its own, so that nothing of it is taken for its
 * issuer.
 */
export function withIssuer(account: string, issuer: string): string {
  return beginsWithIssuer(account, issuer) ? `${issuer}:${account}` : account;
}

function beginsWithIssuer(text: string, issuer: string): boolean {
  return (
    issuer !== "" &&
    text[issuer.length] === ":" &&
    text.slice(0, issuer.length).toLowerCase() === issuer.toLowerCase()
  );
}

function isOneColonPlain(encoded: string): boolean {
  const at = encoded.indexOf(":");
  return at >= 0 && encoded.indexOf(":", at + 1) < 0;
}

/** Removes the extra slash that some issuers write before a label. */
function withoutSlashes(encoded: string): string {
  let start = 0;
  while (encoded[start] === "/") start++;
  return encoded.slice(start);
}

/**
 * Cleans a name from an enrollment string; null when no character is left. Adds a finding when
 * characters were removed, or when a name that is too long was cut: its token is worth more.
 */
export function cleanName(part: string, text: string, findings: Finding[]): string | null {
  const { name, wasHarmful, isTooLong } = cleanText(text);
  if (wasHarmful) findings.push(harmful(part));
  if (!isTooLong) return name;
  const message = t`the ${part} is longer than ${MAX_NAME_LENGTH} characters: it is cut`;
  findings.push({ severity: "warning", code: "name-too-long", message });
  return shortenName(text);
}

/**
 * Cleans a serial number; null when no character is left. Throws FobError `invalid` for one that is
 * too long: a part of it is another serial number.
 */
export function cleanSerial(text: string, findings: Finding[]): string | null {
  const { name, wasHarmful, isTooLong } = cleanText(text);
  if (wasHarmful) findings.push(harmful("serial"));
  if (isTooLong)
    throw new FobError("invalid", t`serial is longer than ${MAX_NAME_LENGTH} characters`);
  return name;
}

function harmful(part: string): Finding {
  const message = t`control or invisible characters were taken out of the ${part}`;
  return { severity: "warning", code: "control-characters", message };
}
