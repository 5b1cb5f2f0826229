import { t } from "#base/language.ts";

/** What a grant lets a script do with a token. */
export const RIGHTS = ["code", "challenge", "push"] as const;

/** One of {@link RIGHTS}. */
export type Right = (typeof RIGHTS)[number];

const WORDS: Readonly<Record<Right, () => string>> = {
  code: () => t("passcodes"),
  challenge: () => t("challenges"),
  push: () => t("login requests"),
};

/** What all rights together are for, in words. */
export function rightsInWords(): string {
  return RIGHTS.map((right) => WORDS[right]()).join(", ");
}

/** What a grant is about, without anything that opens a token. */
export interface Grant {
  /** Random, fixed; 16 hexadecimal digits. */
  readonly id: string;
  /** What its owner calls it. */
  readonly label: string;
  readonly rights: readonly Right[];
  /** The ids of its tokens. */
  readonly tokens: readonly string[];
  readonly createdAt: Date;
  /** Null when it does not end by itself. */
  readonly expiresAt: Date | null;
}

/** Whether a text names a right. */
export function isRight(text: string): text is Right {
  return RIGHTS.some((right) => right === text);
}

/** Whether a grant has come to its end. */
export function hasExpired({ expiresAt }: Pick<Grant, "expiresAt">, now: Date): boolean {
  return expiresAt !== null && expiresAt.getTime() <= now.getTime();
}
