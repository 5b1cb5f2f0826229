import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";

/**
 * The access domains, in the classes of the UICC access parameter, from the loosest to the
 * strictest. Tokens store and show the code; people may also type the name.
 */
const DOMAINS = [
  { code: "00", name: "full", meaning: () => t("full access") },
  // the token's PIN or the app PIN, given in the same call
  { code: "02", name: "pin", meaning: () => t("only after a PIN") },
  { code: "FF", name: "none", meaning: () => t("no access") },
] as const;

type Domain = (typeof DOMAINS)[number];

/** The condition under which a token may be used. */
export type AccessDomain = Domain["code"];

/** The codes of the access domains, by name. */
export const ACCESS = Object.fromEntries(DOMAINS.map(({ name, code }) => [name, code])) as {
  readonly [D in Domain as D["name"]]: D["code"];
};

/** The codes of all access domains, from the loosest to the strictest. */
export const ACCESS_DOMAINS: readonly AccessDomain[] = DOMAINS.map(({ code }) => code);

/** All codes and names that a person may type. */
export const ACCESS_DOMAIN_WORDS: readonly string[] = [
  ...ACCESS_DOMAINS,
  ...DOMAINS.map(({ name }) => name),
];

/** The access domain with this code or name, in any letter case; null when there is none. */
export function parseAccessDomain(text: string): AccessDomain | null {
  const word = text.toLowerCase();
  const domain = DOMAINS.find(({ code, name }) => code.toLowerCase() === word || name === word);
  return domain?.code ?? null;
}

/** Describes an access domain to people. */
export function accessInWords(domain: AccessDomain): string {
  return DOMAINS.find(({ code }) => code === domain)?.meaning() ?? domain;
}

/** Whether `domain` allows less than `other`. */
export function isStricter(domain: AccessDomain, other: AccessDomain): boolean {
  return ACCESS_DOMAINS.indexOf(domain) > ACCESS_DOMAINS.indexOf(other);
}

/**
 * Whether a token can be used without any PIN. `isGuarded` says whether the token has a PIN of its
 * own.
 */
export function needsNoPin(
  { accessDomain }: { readonly accessDomain: AccessDomain },
  isGuarded: boolean,
): boolean {
  return !isGuarded && accessDomain === ACCESS.full;
}

/**
 * Throws FobError `locked` when the access domain requires a PIN and none was given, `denied` when
 * it forbids every use.
 */
export function refuseByDomain(
  { name, accessDomain }: { readonly name: string; readonly accessDomain: AccessDomain },
  pinGiven: boolean,
): void {
  switch (accessDomain) {
    case ACCESS.full:
      return;
    case ACCESS.pin:
      if (pinGiven) return;
      throw new FobError("locked", t`${name} is used only after a PIN: its access domain is 02`, {
        hint: t("give the token a PIN with `fob pin set`, or set an app PIN"),
      });
    case ACCESS.none:
      throw new FobError("denied", t`${name} answers nobody: its access domain is FF`, {
        hint: t("an administrator lifts it with `fob access domain`"),
      });
    default:
      throw unknownDomain(name, accessDomain);
  }
}

function unknownDomain(name: string, domain: never): FobError {
  return new FobError("denied", t`${name} cannot be used: its access domain is ${domain}`);
}
