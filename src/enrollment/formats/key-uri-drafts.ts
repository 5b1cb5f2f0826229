import { t } from "#base/language.ts";
import { mend } from "#enrollment/mending.ts";

/**
 * The Internet-Drafts of 2026 about Key URIs: draft-andesco-otpauth-uri-01 and
 * draft-linuxgemini-otpauth-uri-03. None is a standard yet.
 */
const DRAFTS = {
  both: () => t("both Internet-Drafts about Key URIs"),
  andesco: () => "draft-andesco-otpauth-uri",
} as const;

/** A Key URI in parts, nothing of it decoded. */
interface KeyUriParts {
  readonly isApples: boolean;
  readonly type: string;
  readonly label: string;
  /** Names are in lower case. */
  readonly parameters: readonly (readonly [name: string, value: string])[];
}

interface Rule {
  readonly of: keyof typeof DRAFTS;
  /** What the draft demands, for people. */
  readonly demand: () => string;
  readonly holds: (parts: KeyUriParts) => boolean;
}

/** The parameters that the drafts define. */
const DEFINED = ["secret", "issuer", "algorithm", "digits", "counter", "period"];

const RULES: readonly Rule[] = [
  {
    of: "both",
    demand: () => t("the scheme is otpauth"),
    holds: ({ isApples }) => !isApples,
  },
  {
    of: "both",
    demand: () => t("the type is totp or hotp"),
    holds: ({ type }) => /^[th]otp$/i.test(type),
  },
  {
    of: "both",
    demand: () => t("a label names the account"),
    holds: ({ label }) => label !== "",
  },
  {
    of: "andesco",
    demand: () => t("neither the issuer nor the account in the label has a colon"),
    holds: ({ label }) => labelParts(label).every((part) => !part.includes(":")),
  },
  {
    of: "both",
    demand: () => t("there is an issuer parameter"),
    holds: (parts) => has(parts, "issuer"),
  },
  {
    of: "both",
    demand: () => t("the secret is Base32 in capital letters, without padding or separators"),
    holds: (parts) => each(parts, "secret", /^[A-Z2-7]+$/),
  },
  {
    of: "both",
    demand: () => t("algorithm is SHA1, SHA256 or SHA512"),
    holds: (parts) => each(parts, "algorithm", /^sha(?:1|256|512)$/i),
  },
  {
    of: "both",
    demand: () => t("digits is 6 to 8"),
    holds: (parts) => each(parts, "digits", /^[678]$/),
  },
  {
    of: "andesco",
    demand: () => t("digits is 6 or 8"),
    holds: (parts) => !each(parts, "digits", /^[678]$/) || each(parts, "digits", /^[68]$/),
  },
  {
    of: "both",
    demand: () => t("type hotp has a counter"),
    holds: (parts) => !isType(parts, "hotp") || has(parts, "counter"),
  },
  {
    of: "both",
    demand: () => t("counter has no effect in type totp"),
    holds: (parts) => !isType(parts, "totp") || !has(parts, "counter"),
  },
  {
    of: "both",
    demand: () => t("period has no effect in type hotp"),
    holds: (parts) => !isType(parts, "hotp") || !has(parts, "period"),
  },
  {
    of: "andesco",
    demand: () => t("no parameter that it defines is given twice"),
    holds: ({ parameters }) => {
      const defined = parameters.map(([name]) => name).filter((name) => DEFINED.includes(name));
      return new Set(defined).size === defined.length;
    },
  },
  {
    of: "both",
    demand: () => t("other characters than those of a URI are percent-encoded"),
    holds: ({ label, parameters }) => [label, ...parameters.flat()].every(isEncoded),
  },
];

/**
 * Where a Key URI departs from the Internet-Drafts that describe them: for an administrator who
 * hands it out. fob reads it all the same.
 */
export function departuresFromDrafts(text: string): string[] {
  const parts = partsOf(text);
  return RULES.filter(({ holds }) => !holds(parts)).map(
    ({ of, demand }) => t`${DRAFTS[of]()}: ${demand()}`,
  );
}

function partsOf(given: string): KeyUriParts {
  const mended = mend(given).text;
  const [, type = "", label = "", query = ""] =
    /^[a-z]+:\/\/([^/?]*)\/?([^?]*)\??(.*)/is.exec(mended) ?? [];
  return {
    // mending takes Apple's scheme for the usual one, and the quotes away
    isApples: /^[^a-z]{0,9}apple-otpauth:/i.test(given),
    type,
    label,
    parameters: query
      .split("&")
      .filter(Boolean)
      .map((parameter) => {
        const [name = "", ...value] = parameter.split("=");
        return [name.toLowerCase(), value.join("=")];
      }),
  };
}

/** The issuer and the account, or the account alone, as the drafts divide a label. */
function labelParts(label: string): string[] {
  const [divider] = /:|%3a/i.exec(label) ?? [];
  if (divider === undefined) return [label];
  const at = label.indexOf(divider);
  return [label.slice(0, at), label.slice(at + divider.length)].map(decoded);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    // a broken escape has a finding of its own
    return text;
  }
}

function isType({ type }: KeyUriParts, wanted: string): boolean {
  return type.toLowerCase() === wanted;
}

function has({ parameters }: KeyUriParts, wanted: string): boolean {
  return parameters.some(([name, value]) => name === wanted && value !== "");
}

/** Whether all values of a parameter are of this form; where there is none, they are. */
function each({ parameters }: KeyUriParts, wanted: string, form: RegExp): boolean {
  return parameters.every(([name, value]) => name !== wanted || form.test(value));
}

/** Whether a text has only characters that may stand in a URI's path or query (RFC 3986). */
function isEncoded(text: string): boolean {
  return /^[\w.~!$&'()*+,;=:@/?%-]*$/.test(text);
}
