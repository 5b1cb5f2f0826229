import { FobError } from "#base/fob-error.ts";
import type { EnrollmentFormat, ParsedFile } from "#enrollment/draft.ts";
import type { Effort } from "#enrollment/effort.ts";
import type { AskSecret } from "#token/draft/parsed-token.ts";
import { rootOf } from "./xml-root.ts";

/** The largest container that is read, in characters. */
const MAX_LENGTH = 8 * 1024 * 1024;

/** In any letter case, with the names of drafts of the RFC. */
const ROOT = /^<(?:[\w.-]{1,100}:)?(?:Key|Secret)Container[\s>]/i;

/** A key container (PSKC, RFC 6030) as one string. */
export const pskc = {
  id: "pskc",
  example: "a key container (PSKC)",
  isMultiline: true,
  maxLength: MAX_LENGTH,
  matches: (text) => ROOT.test(rootOf(text)),
  async parse(text, askSecret, effort) {
    const { drafts, refusals } = await readContainer(text, askSecret, effort);
    if (refusals[0] !== undefined) throw new FobError("invalid", refusals[0]);
    return drafts;
  },
  many: { name: "PSKC", parse: readContainer },
} as const satisfies EnrollmentFormat;

async function readContainer(
  text: string,
  askSecret: AskSecret,
  effort: Effort,
): Promise<ParsedFile> {
  const { readPskc } = await import("./read-pskc.ts");
  return readPskc(text, askSecret, effort);
}
