import { isUtf8 } from "node:buffer";
import { t } from "#base/language.ts";
import { Effort } from "#enrollment/effort.ts";
import type { AppItem } from "./app-file.ts";
import { type FileContent, readItems } from "./read-file.ts";

/** What is stored with a token of a password store as its format. */
export const PASSWORD_STORE = "password-store";

/**
 * How pass-otp and gopass keep a token in a line of an entry: a Key URI, or `totp:` and a secret.
 */
const LINE = /^(?:[a-z]+:[ \t]*)?(otpauth:\/\/\S.*)$|^(totp|hotp):[ \t]*([a-z2-7 =-]+)$/i;

/** An entry as its program shows it; null where that failed. */
export interface StoreEntry {
  readonly name: string;
  readonly content: Buffer | null;
}

/** The tokens in the entries of a password store, and how many entries are `without` one. */
export function readStoreEntries(
  program: string,
  entries: readonly StoreEntry[],
  without: number,
): Promise<FileContent> {
  return readItems(
    program,
    PASSWORD_STORE,
    [
      ...entries.flatMap((entry) => itemsOf(program, entry)),
      ...Array.from({ length: without }, () => ({ leftBehind: "login" }) as const),
    ],
    new Effort(),
  );
}

/** Whether an entry has a token: the others are forgotten at once. */
export function hasToken({ content }: StoreEntry): boolean {
  return content === null || linesOf(content).some((line) => LINE.test(line));
}

function itemsOf(program: string, { name, content }: StoreEntry): AppItem[] {
  if (content === null) return [{ fault: t`${program} could not show it`, issuer: name }];
  return linesOf(content).flatMap((line): AppItem[] => {
    const [, uri, type, secret] = LINE.exec(line) ?? [];
    if (uri) return [{ enrollment: uri, issuer: name }];
    return type && secret ? [{ type, issuer: name, secret, counter: "0" }] : [];
  });
}

function linesOf(content: Buffer): string[] {
  return isUtf8(content)
    ? content
        .toString("utf8")
        .split("\n")
        .map((line) => line.trim())
    : [];
}
