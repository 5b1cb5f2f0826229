import { randomBytes } from "node:crypto";
import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { forget, type Secret } from "#token/secret.ts";
import { deriveKey, newKey } from "#vault/keys/keys.ts";

const FORM = /^fobgrant_(confirm_)?([0-9a-f]{16})_([A-Za-z0-9_-]{43})$/;

/** The content of FOB_GRANT: the grant's id, and the secret that opens it. */
export interface GrantSecret {
  readonly id: string;
  readonly secret: Secret;
  /** Whether the secret is one half, and the vault keeps the other one. */
  readonly isHalf: boolean;
}

/** A new id and 256 random bits. */
export function newGrantSecret(isHalf: boolean): GrantSecret {
  return { id: randomBytes(8).toString("hex"), secret: newKey(), isHalf };
}

/** The text for FOB_GRANT; its prefix lets secret scanners recognize it. */
export function formatGrantSecret({ id, secret, isHalf }: GrantSecret): string {
  return `fobgrant_${isHalf ? "confirm_" : ""}${id}_${secret.toString("base64url")}`;
}

/** Throws FobError `denied` for an empty grant, which a failed `export FOB_GRANT=$(...)` leaves. */
export function refuseEmptyGrant(text: string): void {
  if (text.trim() !== "") return;
  throw new FobError("denied", t("FOB_GRANT is empty, and an empty grant opens nothing"), {
    hint: t("unset it to use the vault itself; `fob access grant` prints a grant"),
  });
}

/**
 * Reverses {@link formatGrantSecret}. Throws FobError `denied` for anything else, without repeating
 * the text.
 */
export function parseGrantSecret(text: string): GrantSecret {
  refuseEmptyGrant(text);
  const [, half, id, secret] = FORM.exec(text.trim()) ?? [];
  if (id !== undefined && secret !== undefined)
    return { id, secret: Buffer.from(secret, "base64url"), isHalf: half !== undefined };
  throw new FobError("denied", t("FOB_GRANT is not a grant"), {
    hint: t("`fob access grant` prints one"),
  });
}

/** The key that seals the cell of a grant whose secret is whole. */
export function grantKey({ id, secret }: Pick<GrantSecret, "id" | "secret">): Secret {
  return deriveKey(secret, id, "grant");
}

/** The key that seals the cell of a grant of which the vault keeps `otherHalf`, 32 bytes. */
export function keyOfHalves(
  { id, secret }: Pick<GrantSecret, "id" | "secret">,
  otherHalf: Secret,
): Secret {
  const whole = Buffer.concat([secret, otherHalf]);
  const key = deriveKey(whole, id, "confirmed grant");
  forget(whole);
  return key;
}
