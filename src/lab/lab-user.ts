import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import type { PasswordHash } from "./password.ts";

/** A user of the lab. */
export interface LabUser {
  /** In lower case: letters, digits, `.`, `_`, `@` and `-`. */
  readonly name: string;
  /** Typed together with the passcodes of tokens that have no PIN of their own; null for none. */
  readonly password: PasswordHash | null;
  /** Wrong answers since the last right one; {@link MAX_FAILURES} of them lock the user. */
  readonly failures: number;
  /** Unix time in milliseconds. */
  readonly createdAt: number;
}

/** How many wrong answers in a row lock a user. */
export const MAX_FAILURES = 10;

const NAME = /^[a-z0-9](?:[a-z0-9._@-]{0,62}[a-z0-9])?$/;

/** The canonical spelling of a user name, or null for an invalid name. */
export function userName(text: string): string | null {
  const name = text.trim().toLowerCase();
  return NAME.test(name) ? name : null;
}

/** {@link userName} for the command line. Throws FobError `usage` for an invalid name. */
export function parseUserName(text: string): string {
  const name = userName(text);
  if (name !== null) return name;
  throw new FobError(
    "usage",
    t`${JSON.stringify(text)} is no user name: up to 64 letters, digits, dots, dashes, _ and @`,
  );
}

/** Whether too many wrong answers were given. */
export function isLocked({ failures }: LabUser): boolean {
  return failures >= MAX_FAILURES;
}
