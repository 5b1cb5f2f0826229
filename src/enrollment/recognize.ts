import { FobError } from "../fob-error.ts";
import { activationCode } from "./activation-code.ts";
import { bareSecret } from "./bare-secret.ts";
import type { EnrollmentDraft, EnrollmentFormat } from "./draft.ts";
import { keyUri } from "./key-uri.ts";
import { migration } from "./migration.ts";
import { steam } from "./steam.ts";

/** Longer than any enrollment string that an issuer makes. */
const MAX_LENGTH = 64 * 1024;

/** Every form of enrollment string, the most particular first. A new one is added here and nowhere else. */
const FORMATS: readonly EnrollmentFormat[] = [keyUri, migration, steam, activationCode, bareSecret];

/**
 * The tokens that an enrollment string describes. Rejects with FobError `invalid` saying what is wrong with it, or that it is none.
 * Nothing is stored, asked or sent.
 */
export async function recognize(input: string): Promise<EnrollmentDraft[]> {
  if (input.length > MAX_LENGTH) {
    throw new FobError("invalid", `the enrollment string is longer than ${MAX_LENGTH} characters`);
  }
  const text = bare(input);
  if (text === "") throw new FobError("invalid", "the enrollment string is empty");
  const format = formatOf(text);
  if (format) return format.parse(text);
  throw new FobError("invalid", "this is not an enrollment string that fob knows", {
    hint: `known are ${FORMATS.map(({ example }) => example).join(", ")}`,
  });
}

/** The id of the format that a text has, right or wrong, or null when it has none. */
export function identify(input: string): string | null {
  return input.length > MAX_LENGTH ? null : (formatOf(bare(input))?.id ?? null);
}

function formatOf(text: string): EnrollmentFormat | undefined {
  return FORMATS.find(({ matches }) => matches(text));
}

function bare(input: string): string {
  return input.replace(/^\ufeff/, "").trim();
}
