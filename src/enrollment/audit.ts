import { t } from "#base/language.ts";
import { parseOcraSuite } from "#otp/ocra-suite.ts";
import type { OtpCredential } from "#token/credential.ts";
import type { Finding } from "#token/draft/parsed-token.ts";
import { judgeNames } from "./confusables.ts";
import type { EnrollmentDraft } from "./draft.ts";

/** RFC 4226 section 4, requirement R6, recommends as much. */
const RECOMMENDED_BITS = 160;

/** Whether the issuer allows a token's use at this time. */
export function judgeValidity(
  { validity }: Pick<EnrollmentDraft, "validity">,
  now: Date,
): Finding[] {
  const day = (date: Date) => date.toISOString().slice(0, 10);
  if (validity?.until && validity.until <= now)
    return [warning("expired", t`the issuer allowed its use until ${day(validity.until)}`)];
  if (validity?.from && validity.from > now)
    return [warning("not-yet-valid", t`the issuer allows its use from ${day(validity.from)} on`)];
  return [];
}

/**
 * Findings for an administrator before a token is handed out, in addition to those at enrollment:
 * guessable secrets, names that look like others, and parameters that other apps read differently
 * (docs/compatibility.md names them).
 */
export function audit({
  issuer,
  account,
  credential,
  secret,
}: Pick<EnrollmentDraft, "issuer" | "account" | "credential" | "secret">): Finding[] {
  return [
    ...judgeNames({ issuer, account }),
    ...auditSecret(secret),
    ...auditCredential(credential),
  ];
}

function auditSecret(secret: Uint8Array): Finding[] {
  const findings: Finding[] = [];
  const bits = secret.length * 8;
  if (isPattern(secret))
    findings.push(
      warning("secret-patterned", t("the secret follows a pattern: anybody can guess it")),
    );
  else if (isText(secret))
    findings.push(warning("secret-text", t("the secret is readable text, not random bytes")));
  if (isKnownExample(secret)) findings.push(knownExample());
  if (bits >= 128 && bits < RECOMMENDED_BITS) {
    findings.push(
      info(
        "secret-below-recommended",
        t`the secret has ${bits} bits, and RFC 4226 recommends ${RECOMMENDED_BITS}`,
      ),
    );
  }
  return findings;
}

function auditCredential(credential: OtpCredential): Finding[] {
  if (credential.kind === "ocra") return auditSuite(credential.suite);
  if (credential.kind === "motp")
    return [info("mobile-otp", t("few apps know Mobile-OTP, and its method, MD5, is an old one"))];
  if (credential.kind === "yandex")
    return [info("yandex", t("few apps know passcodes of Yandex: most would show digits"))];
  const { algorithm, digits, alphabet } = credential;
  const findings: Finding[] = [];
  if (alphabet === "steam")
    return [info("steam-alphabet", t("most other apps show digits for a Steam Guard token"))];
  if (algorithm !== "SHA1") {
    findings.push(
      warning(
        "algorithm-ignored",
        t`some apps take SHA1 whatever is given, and show wrong passcodes for ${algorithm}`,
      ),
    );
  }
  if (digits !== 6)
    findings.push(
      warning("digits-ignored", t`some apps show 6 digits whatever is given, and not ${digits}`),
    );
  if (alphabet !== "decimal")
    findings.push(warning("alphabet-unknown", t("other apps know digits only")));
  if (credential.kind === "totp" && credential.period !== 30) {
    findings.push(
      warning(
        "period-ignored",
        t`some apps take 30 seconds whatever is given, and not ${credential.period}`,
      ),
    );
  }
  if (credential.kind === "totp" && credential.t0 !== 0)
    findings.push(warning("t0-unknown", t("other apps count time steps from 1970")));
  return findings;
}

function auditSuite(text: string): Finding[] {
  const { digits, challenge } = parseOcraSuite(text);
  const unusual = info(
    "ocra-support",
    t("few apps answer challenges: the user needs one that does"),
  );
  const findings = [unusual];
  if (challenge.format === "hexadecimal") {
    const [length, doubled] = [challenge.length, 2 * challenge.length];
    const message = t`the standard has challenges of up to ${length} digits here, and privacyIDEA makes some of ${doubled}: both are answered`;
    findings.push(info("hexadecimal-challenge", message));
  }
  if (digits !== 0 && digits < 6)
    findings.push(warning("response-short", t`a response of ${digits} digits is easily guessed`));
  return findings;
}

/** One byte, or a short group, again and again; or bytes in steps of the same size. */
function isPattern(secret: Uint8Array): boolean {
  if (secret.length < 4) return false;
  const steps = new Set(secret.slice(1).map((byte, i) => (byte - (secret[i] ?? 0) + 256) % 256));
  if (steps.size === 1) return true;
  for (let size = 2; size <= secret.length / 2; size++) {
    if (secret.every((byte, i) => byte === secret[i % size])) return true;
  }
  return false;
}

/** Random bytes of this length are all printable once in ten thousand times. */
function isText(secret: Uint8Array): boolean {
  return secret.length >= 10 && secret.every((byte) => byte >= 0x20 && byte < 0x7f);
}

/** The seed of RFC 4226 in hexadecimal. The longer ones of RFC 6238 begin with it. */
const RFC_SEED = "3132333435363738393031323334353637383930";

/**
 * The secrets of pages that explain Key URIs, in hexadecimal: a user who enrolls one has copied the
 * wrong string.
 */
const COPIED: readonly string[] = [
  "48656c6c6f21deadbeef",
  "3dc6caa4824a6d288767b2331e20b43166cb85d9",
];

/** Findings about a published secret, for users as well. */
export function judgeCopiedSecret(secret: Uint8Array): Finding[] {
  return COPIED.includes(Buffer.from(secret).toString("hex")) ? [knownExample()] : [];
}

function knownExample(): Finding {
  return warning("secret-example", t("the secret is one from documentation, known to everybody"));
}

function isKnownExample(secret: Uint8Array): boolean {
  const hex = Buffer.from(secret).toString("hex");
  return COPIED.includes(hex) || hex.startsWith(RFC_SEED);
}

function warning(code: string, message: string): Finding {
  return { severity: "warning", code, message };
}

function info(code: string, message: string): Finding {
  return { severity: "info", code, message };
}
