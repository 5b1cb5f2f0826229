import { t } from "#base/language.ts";
import type { Token } from "#token/token.ts";

/** The formats of enrollments that an issuer binds to one device. */
const BOUND_FORMATS: readonly string[] = ["activation-string", "activation-code"];

/**
 * Why a token may never be on two devices, or null for one that all devices can have: what counts,
 * and what answers in the name of one device, does so in one place only.
 */
export function whyOnOneDevice({ credential, format, heldBy }: Token): string | null {
  if (heldBy !== null) return t("the chip of this machine holds its secret");
  switch (credential.kind) {
    case "list":
      return t("its entries are used up one by one, and two devices would give the same ones");
    case "hotp":
      return t("it counts, and two devices would give the same passcodes");
    case "ocra":
      return t("it answers challenges for one device");
    case "push":
      return t("its issuer sends login requests to one device");
    case "totp":
    case "motp":
    case "yandex":
      return BOUND_FORMATS.includes(format) ? t("its issuer binds it to one device") : null;
  }
}

/** Why a token can neither be shared nor moved, or null. */
export function whyNeverElsewhere({ credential, heldBy }: Token): string | null {
  if (heldBy !== null) return t("its secret cannot leave the chip of this machine");
  return credential.kind === "push"
    ? t("its issuer knows this device: enroll the other one at its issuer")
    : null;
}
