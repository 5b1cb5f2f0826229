import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";

/** The rights of a grant: what a script may do with a token. */
export const RIGHTS = ["code", "challenge", "push"] as const;

/** One of {@link RIGHTS}. */
export type Right = (typeof RIGHTS)[number];

const WORDS: Readonly<Record<Right, () => string>> = {
  code: () => t("passcodes"),
  challenge: () => t("challenges"),
  push: () => t("login requests"),
};

/** All rights in words. */
export function rightsInWords(): string {
  return RIGHTS.map((right) => WORDS[right]()).join(", ");
}

/** A grant, without the keys that open its tokens. */
export interface Grant {
  /** Random, fixed; 16 hexadecimal digits. */
  readonly id: string;
  /** The name that its owner chose. */
  readonly label: string;
  readonly rights: readonly Right[];
  /** The ids of its tokens. */
  readonly tokens: readonly string[];
  readonly createdAt: Date;
  /** Null when it does not expire. */
  readonly expiresAt: Date | null;
  /** Whether a person is asked before each use; it then opens nothing without the vault's agent. */
  readonly confirm: boolean;
}

/** Throws FobError `denied` for a grant without this right. */
export function refuseWithout(
  { label, rights }: { readonly label: string; readonly rights: readonly string[] },
  right: Right,
): void {
  if (rights.includes(right)) return;
  throw new FobError("denied", t`the grant ${label} does not carry the right ${right}`);
}

/** The error for what a grant does not open. */
export function notGranted(): FobError {
  return new FobError(
    "denied",
    t`a grant opens its tokens for ${rightsInWords()}, and nothing else`,
    { hint: t("unset FOB_GRANT to use the vault itself") },
  );
}

/** Whether a text names a right. */
export function isRight(text: string): text is Right {
  return RIGHTS.some((right) => right === text);
}

/** Whether a grant has expired. */
export function hasExpired({ expiresAt }: Pick<Grant, "expiresAt">, now: Date): boolean {
  return expiresAt !== null && expiresAt.getTime() <= now.getTime();
}
