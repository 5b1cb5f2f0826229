import { randomBytes } from "node:crypto";
import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import type { Secret } from "#token/secret.ts";
import { deriveKey, newKey } from "#vault/keys/keys.ts";

const FORM = /^fobgrant_([0-9a-f]{16})_([A-Za-z0-9_-]{43})$/;

/** The content of FOB_GRANT: the grant's id, and the secret that opens it. */
export interface GrantSecret {
  readonly id: string;
  readonly secret: Secret;
}

/** A new id and 256 random bits. */
export function newGrantSecret(): GrantSecret {
  return { id: randomBytes(8).toString("hex"), secret: newKey() };
}

/** The text for FOB_GRANT; its prefix lets secret scanners recognize it. */
export function formatGrantSecret({ id, secret }: GrantSecret): string {
  return `fobgrant_${id}_${secret.toString("base64url")}`;
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
  const [, id, secret] = FORM.exec(text.trim()) ?? [];
  if (id !== undefined && secret !== undefined)
    return { id, secret: Buffer.from(secret, "base64url") };
  throw new FobError("denied", t("FOB_GRANT is not a grant"), {
    hint: t("`fob access grant` prints one"),
  });
}

/** The key that seals a grant's cell. */
export function grantKey({ id, secret }: GrantSecret): Secret {
  return deriveKey(secret, id, "grant");
}
