import { FobError } from "../fob-error.ts";

/**
 * The access domain of a token, in the classes of the UICC access parameter: `00` full access, `02` only after its PIN or
 * the app PIN was given in this very call, `FF` no access at all.
 */
export type AccessDomain = "00" | "02" | "FF";

/** Throws FobError `denied` or `locked` when a token's access domain does not allow its use. */
export function refuseByDomain(token: { name: string; accessDomain: AccessDomain }, pinGiven: boolean): void {
  if (token.accessDomain === "FF") {
    throw new FobError("denied", `${token.name} answers nobody: its access domain is FF`, {
      hint: "an administrator lifts it with `fob access domain`",
    });
  }
  if (token.accessDomain === "02" && !pinGiven) {
    throw new FobError("locked", `${token.name} is used only after a PIN: its access domain is 02`, {
      hint: "give the token a PIN with `fob pin set`, or set an app PIN",
    });
  }
}
