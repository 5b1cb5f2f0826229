import { FobError } from "../../fob-error.ts";
import type { EnrollmentFormat } from "../draft.ts";

/** The largest container that is read, in characters. */
const MAX_LENGTH = 8 * 1024 * 1024;

/** The root element, whatever its prefix, behind a declaration and comments. */
const ROOT = /^(?:<\?[^>]{0,1000}\?>|<!--[\s\S]{0,10000}?-->|\s)*<(?:[\w.-]{1,100}:)?KeyContainer[\s>]/;

/** A key container (PSKC, RFC 6030) as one string; every key in it must be good. `import` takes the good ones of a file. */
export const pskc: EnrollmentFormat = {
  id: "pskc",
  example: "a key container (PSKC)",
  isMultiline: true,
  maxLength: MAX_LENGTH,
  matches: (text) => ROOT.test(text),
  async parse(text, askSecret) {
    const { readPskc } = await import("./read-pskc.ts");
    const { drafts, refusals } = await readPskc(text, askSecret);
    if (refusals[0] !== undefined) throw new FobError("invalid", refusals[0]);
    return [...drafts];
  },
};
