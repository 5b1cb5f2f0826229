import { FobError } from "#base/fob-error.ts";
import { plural, t } from "#base/language.ts";
import type { Context } from "#cli/context.ts";
import { parseCodeList } from "#commands/codes/read-code-list.ts";
import type { EnrollmentDraft } from "#enrollment/draft.ts";
import { type CodeList, MAX_CODE_LIST, MAX_CODES } from "#token/code-list.ts";
import type { Credential } from "#token/credential.ts";
import { decodeText } from "#token/text-encoding.ts";
import { secretOfEntries } from "#vault/tokens/list-entries.ts";

/** The format of a token from a list of codes. */
const FORMAT = "code-list";

/** As long as the longest secret. */
const MAX_BYTES = 8_192;

type ListContext = Pick<Context, "endAtSignals" | "readFile" | "readInput">;

/**
 * The draft of a list of one-time passwords in a file, or in standard input (`-`). Throws FobError
 * `invalid` where there are none, too many, or numbers with gaps or twice.
 */
export async function readListDraft(
  path: string,
  context: ListContext,
): Promise<EnrollmentDraft<Credential>> {
  const text =
    path === "-"
      ? await context.readInput()
      : decodeText(await context.readFile(path, MAX_CODE_LIST), path);
  const { codes, numbers } = await parseCodeList(text, false, context);
  const first = firstOf({ codes, numbers });
  if (numbers === null) refuseRepeated(codes);
  const secret = secretOfEntries(codes);
  if (codes.length > MAX_CODES || secret.length > MAX_BYTES)
    throw new FobError("invalid", t`a list has at most ${MAX_CODES} entries, of 8 KiB together`);
  const message = t`${plural(codes.length, "entry", "entries")}, the first with the number ${first}`;
  return {
    format: FORMAT,
    ...{ name: null, issuer: null, account: null, serial: null },
    credential: { kind: "list", length: codes.length, first, counter: 0n },
    secret,
    fields: [],
    findings: [{ severity: "info", code: "list-read", message }],
  };
}

/** A number may stand for an entry of another one, but a line that is there twice may be a slip. */
function refuseRepeated(codes: readonly string[]): void {
  const again = codes.findIndex((code, i) => codes.indexOf(code) !== i);
  if (again === -1) return;
  const earlier = codes.indexOf(codes[again] ?? "");
  throw new FobError(
    "invalid",
    t`entry ${again + 1} of the list is the same as entry ${earlier + 1}`,
    {
      hint: t("where that is right, put a number before each entry: 1. 2. 3."),
    },
  );
}

/** The number of the first entry: a challenge names entries by the printed numbers. */
function firstOf({ codes, numbers }: CodeList): number {
  if (numbers === null) return 1;
  const twice = numbers.find((number, i) => number === numbers[i - 1]);
  if (twice !== undefined)
    throw new FobError("invalid", t`several entries of the list have the number ${twice}`, {
      hint: t("give each its own number: a challenge names entries by their numbers"),
    });
  const [first = 1, last = 1] = [numbers[0], numbers.at(-1)];
  if (last - first + 1 === codes.length) return first;
  throw new FobError(
    "invalid",
    t`the numbers of the list go from ${first} to ${last}, and it has ${plural(codes.length, "entry", "entries")}`,
    { hint: t("give the whole list: a challenge names entries by their numbers") },
  );
}
