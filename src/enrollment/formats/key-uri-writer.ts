import { t } from "#base/language.ts";
import { type ExportFormat, type KeyUriParts, withLabel } from "#enrollment/exported-token.ts";
import { NO_COUNTER_LEFT } from "#otp/hotp.ts";
import { encodeBase32 } from "#token/base32.ts";
import { counterOf } from "#token/counter.ts";
import type { HotpCredential, OtpCredential, TotpCredential } from "#token/credential.ts";
import type { RequiredPin } from "#token/draft/parsed-token.ts";
import { formatLabel, percentEncode } from "#token/draft/uri-label.ts";
import { formatPinPolicy } from "#token/pin-policy-text.ts";
import { looksLikeSteamGuard } from "./steam.ts";

/** Key URIs, one a token. */
export const keyUriExport = {
  id: "uri",
  refuse: ({ credential }) =>
    (counterOf(credential) ?? 0n) < NO_COUNTER_LEFT
      ? null
      : t("its last passcode was given, and no counter is left"),
  isDrawable: true,
  canBeEncrypted: false,
  async write(tokens) {
    return {
      titles: tokens.map(({ name }) => name),
      texts: tokens.map(withLabel).map(formatKeyUri),
    };
  },
} as const satisfies ExportFormat;

/**
 * The Key URI of a token, with every parameter that differs from the format's default: what the
 * parser reads from it is the same token. The URI holds the secret.
 */
export function formatKeyUri({
  issuer,
  account,
  serial,
  credential,
  secret,
  pin,
}: KeyUriParts): string {
  const label = formatLabel(issuer, account);
  if (credential.kind === "motp") {
    // other apps know no parameter: it is there for issuers that hold a colon
    const given = [["secret", Buffer.from(secret).toString("hex")] as const];
    return `motp://${label}?${formatQuery([...given, ["issuer", issuer?.includes(":") ? issuer : null]])}`;
  }
  const query = formatQuery([
    ["secret", encodeBase32(secret)],
    ["issuer", issuer],
    ...parametersOf(credential, issuer),
    ["serial", serial],
    ["pinpolicy", pin === undefined ? null : pinPolicyOf(pin)],
  ]);
  return `otpauth://${TYPES[credential.kind]}/${label}?${query}`;
}

type UriCredential = Exclude<OtpCredential, { kind: "motp" }>;

/** What the URI calls each kind. */
const TYPES = {
  totp: "totp",
  hotp: "hotp",
  ocra: "ocra",
  yandex: "yaotp",
} as const satisfies Readonly<Record<UriCredential["kind"], string>>;

function formatQuery(given: readonly (readonly [string, string | null])[]): string {
  return given
    .flatMap(([name, value]) => (value === null ? [] : [`${name}=${percentEncode(value)}`]))
    .join("&");
}

/** Marks passcodes as digits, so that no app infers Steam Guard from the issuer. */
const DIGITS: [string, string] = ["alphabet", "decimal"];

function parametersOf(credential: UriCredential, issuer: string | null): [string, string | null][] {
  switch (credential.kind) {
    case "totp":
      if (credential.alphabet === "steam") return [["encoder", "steam"]];
      return [
        ...formOf(credential),
        ["period", unless(30, credential.period)],
        ["t0", unless(0, credential.t0)],
        ...(looksLikeSteamGuard(issuer, credential) ? [DIGITS] : []),
      ];
    case "hotp":
      return [...formOf(credential), ["counter", String(credential.counter)]];
    case "ocra":
      return [
        ["suite", credential.suite],
        ["counter", credential.counter?.toString() ?? null],
      ];
    case "yandex":
      return [];
  }
}

/** A PIN that the user chose freely is not written: another app has no use for it. */
function pinPolicyOf(pin: RequiredPin): string | null {
  if (pin.type === "server") return pin.order === "after" ? "server,pin-order=after" : "server";
  return pin.policy.required ? formatPinPolicy(pin.policy) : null;
}

function formOf({
  algorithm,
  digits,
  alphabet,
}: TotpCredential | HotpCredential): [string, string | null][] {
  return [
    ["algorithm", unless("SHA1", algorithm)],
    ["digits", unless(6, digits)],
    ["alphabet", unless("decimal", alphabet)],
  ];
}

/** The value as text, or null when it is the format's default. */
function unless<T extends string | number>(standard: T, value: T): string | null {
  return value === standard ? null : String(value);
}
