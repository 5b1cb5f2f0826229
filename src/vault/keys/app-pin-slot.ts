import { t } from "#base/language.ts";
import { PASSPHRASE_POLICY, type PinPolicy, USER_PIN_POLICY } from "#token/pin-policy.ts";
import type { Header } from "./header.ts";
import { findSlot } from "./slots.ts";

/** The policy for the app PIN. Without a keychain it must be a passphrase. */
export function appPinPolicy(header: Pick<Header, "keychain">): PinPolicy {
  return header.keychain === "none" ? PASSPHRASE_POLICY : USER_PIN_POLICY;
}

/** The slot that the app PIN opens, or null when there is no app PIN. */
export function appPinSlot(header: Header) {
  return findSlot(header, "keychain-pin") ?? findSlot(header, "passphrase");
}

/** The name of the app PIN: without a keychain it is a passphrase. */
export function appPinInWords({ keychain }: Pick<Header, "keychain">): string {
  return keychain === "none" ? t("passphrase") : t("app PIN");
}
