import { t } from "#base/language.ts";
import type { EnrollmentFormat } from "#enrollment/draft.ts";
import { judgeSecret, parseHexSecret } from "#enrollment/secret-text.ts";
import type { ParsedToken } from "#token/draft/parsed-token.ts";
import { readLabel } from "#token/draft/uri-label.ts";
import { Parameters } from "#token/draft/uri-parameters.ts";

/**
 * `motp://ISSUER:ACCOUNT?secret=HEX`, a Mobile-OTP token. Its PIN is asked for with every passcode
 * and never stored.
 */
export const mobileOtp = {
  id: "mobile-otp",
  example: "motp://ISSUER:ACCOUNT?secret=HEX",
  matches: (text) => /^motp:\/\//i.test(text),
  parse: (text) => [parseMobileOtp(text)],
} as const satisfies EnrollmentFormat;

/** What a finding says of a string with a PIN that is part of passcodes. */
export function pinIsNotKept(): string {
  return t("the string carries the PIN: it is not kept, and asked for with every passcode");
}

function parseMobileOtp(text: string): ParsedToken {
  const match = /^motp:\/\/([^?]*)\??(.*)/is.exec(text);
  const parameters = new Parameters(match?.[2] ?? "");
  parameters.note("type", "motp", "given");
  parameters.findNumberSign(text);
  const label = readLabel(match?.[1] ?? "", parameters);
  const encoded = parameters.read("secret");
  if (encoded === null) throw parameters.missing("secret");
  const secret = parseHexSecret(encoded);
  if (parameters.read("pin") !== null) {
    parameters.find("warning", "pin-in-string", pinIsNotKept());
  }
  parameters.findUnknown();
  const { fields } = parameters;
  const findings = [...parameters.findings, ...judgeSecret(secret)];
  return {
    ...label,
    serial: null,
    credential: { kind: "motp" },
    secret,
    fields,
    findings,
  };
}
