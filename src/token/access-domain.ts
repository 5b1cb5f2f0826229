import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";

/**
 * The access domain of a token, in the classes of the UICC access parameter: `00` full access, `02`
 * only after its PIN or the app PIN was given in this very call, `FF` no access at all.
 */
export type AccessDomain = "00" | "02" | "FF";

const NAMES: Readonly<Record<string, AccessDomain>> = {
  "00": "00",
  "02": "02",
  ff: "FF",
  full: "00",
  pin: "02",
  none: "FF",
};

/** The access domain that a person means by its class or its name, or null. */
export function parseAccessDomain(text: string): AccessDomain | null {
  return Object.hasOwn(NAMES, text.toLowerCase()) ? (NAMES[text.toLowerCase()] ?? null) : null;
}

/** Whether `domain` allows less than `other`. */
export function isStricter(domain: AccessDomain, other: AccessDomain): boolean {
  const order: readonly AccessDomain[] = ["00", "02", "FF"];
  return order.indexOf(domain) > order.indexOf(other);
}

/** Throws FobError `denied` or `locked` when a token's access domain does not allow its use. */
export function refuseByDomain(
  token: { name: string; accessDomain: AccessDomain },
  pinGiven: boolean,
): void {
  if (token.accessDomain === "FF") {
    throw new FobError("denied", t`${token.name} answers nobody: its access domain is FF`, {
      hint: t("an administrator lifts it with `fob access domain`"),
    });
  }
  if (token.accessDomain === "02" && !pinGiven) {
    throw new FobError(
      "locked",
      t`${token.name} is used only after a PIN: its access domain is 02`,
      {
        hint: t("give the token a PIN with `fob pin set`, or set an app PIN"),
      },
    );
  }
}
