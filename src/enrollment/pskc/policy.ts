import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { ownValue } from "#base/own-value.ts";
import { parseOcraSuite } from "#otp/ocra-suite.ts";
import type { OtpCredential } from "#token/credential.ts";
import type { Finding, RequiredPin } from "#token/draft/parsed-token.ts";
import { parseIsoDate } from "#token/iso-date.ts";
import { type PinPolicy, USER_PIN_POLICY } from "#token/pin-policy.ts";
import { printable } from "#token/printable.ts";
import { attribute, child, children, childText, type Element, text } from "./xml.ts";

/** The requirements of a key's Policy (RFC 6030 section 5). */
export interface KeyPolicy {
  readonly pin: RequiredPin | null;
  readonly validFrom: Date | null;
  readonly validUntil: Date | null;
  readonly findings: readonly Finding[];
}

const ELEMENTS = ["StartDate", "ExpiryDate", "PINPolicy", "KeyUsage", "NumberOfTransactions"];
const PIN_ATTRIBUTES = [
  "PINKeyId",
  "PINUsageMode",
  "MaxFailedAttempts",
  "MinLength",
  "MaxLength",
  "PINEncoding",
];

/**
 * The alphabets of PINs, by the names of RFC 6030 section 4.3.4; where none fits exactly, a
 * stricter one.
 */
const PIN_ALPHABETS: Readonly<Record<string, PinPolicy["alphabet"]>> = {
  DECIMAL: "numeric",
  HEXADECIMAL: "alphanumeric",
  ALPHANUMERIC: "alphanumeric",
  BASE64: "any",
  BINARY: "any",
};

/**
 * The policy of a key. Throws FobError `invalid` for one that holds anything unknown, because such
 * a key must not be used (section 5), or that does not allow what the token does.
 */
export function readPolicy(key: Element, credential: OtpCredential): KeyPolicy {
  const policy = child(key, "Policy");
  refuseUnknown(policy, ELEMENTS, "Policy");
  refuseUsage(children(policy, "KeyUsage").map(text), credential.kind);
  const findings: Finding[] = [];
  const transactions = childText(policy, "NumberOfTransactions");
  if (transactions !== null) {
    const message = t`the issuer allows ${printable(transactions).slice(0, 20)} passcodes, which nobody counts here`;
    findings.push({ severity: "warning", code: "limited-transactions", message });
  }
  return {
    pin: readPin(child(policy, "PINPolicy"), credential),
    validFrom: readDate(policy, "StartDate", findings),
    validUntil: readDate(policy, "ExpiryDate", findings),
    findings,
  };
}

function readPin(pin: Element | null, credential: OtpCredential): RequiredPin | null {
  if (!pin) return null;
  refuseUnknown(
    pin,
    PIN_ATTRIBUTES.map((name) => `@${name}`),
    "PINPolicy",
  );
  const mode = attribute(pin, "PINUsageMode") ?? "Local";
  if (mode === "Append") return { type: "server", order: "after" };
  if (mode === "Prepend") return { type: "server", order: "before" };
  // asked for with every challenge, and hashed into the response
  if (mode === "Algorithmic" && hashesPin(credential)) return null;
  if (mode !== "Local")
    throw new FobError(
      "invalid",
      t`PINUsageMode ${JSON.stringify(mode.slice(0, 40))} is not supported`,
    );
  const encoding = attribute(pin, "PINEncoding") ?? "BINARY";
  const alphabet = ownValue(PIN_ALPHABETS, encoding.toUpperCase());
  if (!alphabet)
    throw new FobError(
      "invalid",
      t`PINEncoding ${JSON.stringify(encoding.slice(0, 40))} is not supported`,
    );
  const minLength = limit(pin, "MinLength", USER_PIN_POLICY.minLength);
  const maxLength = limit(pin, "MaxLength", Math.max(minLength, USER_PIN_POLICY.maxLength));
  if (maxLength < minLength)
    throw new FobError("invalid", t("MaxLength of the PINPolicy is smaller than MinLength"));
  const attempts = limit(pin, "MaxFailedAttempts", USER_PIN_POLICY.attempts);
  return {
    type: "user",
    policy: { ...USER_PIN_POLICY, minLength, maxLength, alphabet, attempts, required: true },
  };
}

function hashesPin(credential: OtpCredential): boolean {
  return credential.kind === "ocra" && parseOcraSuite(credential.suite).pin !== null;
}

function limit(pin: Element, name: string, otherwise: number): number {
  const value = attribute(pin, name);
  if (value === null) return otherwise;
  const number = /^\d{1,4}$/.test(value) ? Number(value) : 0;
  if (number >= 1) return number;
  throw new FobError(
    "invalid",
    t`${name} of the PINPolicy is ${JSON.stringify(value.slice(0, 40))}: 1 to 9999 are possible`,
  );
}

function refuseUnknown(element: Element | null, known: readonly string[], what: string): void {
  const unknown = Object.keys(element ?? {}).find(
    (name) => !known.includes(name) && !/^(?:#text|@xmlns|@schemaLocation)/.test(name),
  );
  if (unknown === undefined) return;
  const name = JSON.stringify(printable(unknown.replace(/^@/, "")).slice(0, 40));
  throw new FobError(
    "invalid",
    t`the ${what} holds ${name}, which is not known: such a key must not be used (RFC 6030 section 5)`,
  );
}

function refuseUsage(usages: readonly (string | null)[], kind: OtpCredential["kind"]): void {
  const wanted = kind === "ocra" ? ["CR", "OTP"] : ["OTP"];
  if (usages.length === 0 || usages.some((usage) => usage !== null && wanted.includes(usage)))
    return;
  throw new FobError(
    "invalid",
    t`the Policy allows the key for ${usages.join(", ")}, and not for ${wanted[0]}`,
  );
}

function readDate(policy: Element | null, name: string, findings: Finding[]): Date | null {
  const value = childText(policy, name);
  if (value === null) return null;
  const date = parseIsoDate(value);
  if (!date) throw new FobError("invalid", t`${name} of the Policy is no date`);
  if (!date.hasZone) {
    const message = t`${name} of the Policy names no time zone, and is taken as UTC, as RFC 6030 has it`;
    findings.push({ severity: "info", code: "zone-assumed", message });
  }
  return date.time;
}
