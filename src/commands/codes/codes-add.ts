import { FobError } from "#base/fob-error.ts";
import { plural, t } from "#base/language.ts";
import { asked, defineCommand, flag, optional, value } from "#cli/command.ts";
import type { Context } from "#cli/context.ts";
import { type NameContext, nameOrPick } from "#commands/code/pick-token.ts";
import { existingVault, findOne } from "#commands/lookup.ts";
import { type OpenContext, openBelongings } from "#commands/open-belongings.ts";
import { MAX_CODES, shapeOf } from "#token/code-list.ts";
import { printable } from "#token/printable.ts";
import { forget } from "#token/secret.ts";
import { codesGiven } from "#vault/belongings/codes-given.ts";
import { codesOfAccount, subjectOf, withSiblings } from "#vault/belongings/codes-of-account.ts";
import { addCodes, countCodes, knownCodeIds, sealCodes } from "#vault/belongings/recovery-codes.ts";
import { fingerprintIn } from "#vault/tokens/same-secret.ts";
import { describeApart, refuseDoubles, refuseShared } from "./other-tokens.ts";
import { type CodeListContext, readCodeList } from "./read-code-list.ts";

type AddContext = CodeListContext & OpenContext & Pick<Context, "findVault" | "look" | "prompt">;

/** `fob codes add`: keeps the recovery codes of a service with its token. */
export const codesAdd = defineCommand({
  name: "codes add",
  summary: "keep the recovery codes that a service printed with its token",
  description:
    "Takes what services print, from standard input, a QR code or the clipboard: lists with numbers, bullets, boxes or commas, in columns, between headings. " +
    "The codes of one list look alike; how many were found, and what they look like, is shown and asked about at a terminal. " +
    "Without a source, a terminal asks for what is pasted. The codes are sealed as the token's secret is, behind its PIN.",
  arguments: {
    name: asked("NAME", "name or id of a token", "token"),
    source: optional("-", "read standard input"),
  },
  options: {
    qr: value("FILE", "read a QR code in a picture", "file"),
    clipboard: flag("read what was copied, a text or a picture of a QR code"),
    lines: flag("every line is a code, whatever it looks like"),
    replace: flag("in place of the codes that are there, which the service takes no more"),
    yes: flag("do not ask back"),
  },
  examples: [
    {
      command: "fob codes add github - < github-recovery-codes.txt",
      explanation: "the file that GitHub offers",
    },
    { command: "fob codes add google --clipboard", explanation: "what was copied from the page" },
  ],
  ask: async (input, context: NameContext) => ({
    ...input,
    name: await nameOrPick(input.name, context),
  }),
  async run({ name: query, replace, yes, ...sources }, context: AddContext) {
    const vault = await existingVault(context);
    const record = vault.read((await findOne(vault, query)).id);
    const { id, name } = record.token;
    const codes = [...new Set((await readCodeList(sources, context)).codes)];
    if (codes.length > MAX_CODES)
      throw new FobError("invalid", t`there are more than ${MAX_CODES} codes`);
    const replaced = replace ? (countCodes(vault, id)?.total ?? 0) : 0;
    if (!yes && context.prompt.available) await confirm(codes, { name, replaced }, context);
    const key = await openBelongings(vault, record, context);
    const { compared, apart } = await codesOfAccount(vault, subjectOf(vault, record), key);
    const fingerprint = fingerprintIn(vault, record);
    const given = await codesGiven(vault, fingerprint, context.look);
    const usedAt = new Map(given.map((code) => [code.id, code.usedAt]));
    const fresh = sealCodes(
      codes.map((code) => ({ code, usedAt: null })),
      key,
    ).map((code) => ({ ...code, usedAt: usedAt.get(code.id) ?? null }));
    forget(key);
    const own = knownCodeIds(vault, id);
    const sealed = withSiblings(fresh, compared, own);
    refuseDoubles(vault, record, fingerprint, sealed);
    refuseShared(
      compared,
      sealed.filter((code) => !own.has(code.id)),
    );
    const { added, left, total } = addCodes(vault, id, sealed, replace);
    const before = sealed.filter((code) => code.usedAt !== null).length;
    return { id, name, added, left, total, found: sealed.length, before, apart };
  },
  text: ({ name, added, left }) =>
    printable(t`${plural(added, "recovery code")} added to ${name}: ${left} left`),
  json: ({ id, name, added, left, total }) => ({ id, name, added, left, total }),
  notes: ({ added, found, before, apart }) => [
    ...(before > 0 ? [t`${plural(before, "code")} of them given before`] : []),
    ...(found > added ? [t`${plural(found - added, "code")} of them known already`] : []),
    ...describeApart(apart),
  ],
});

/** Asks about what was found, by its number and its form, and about the codes that go. */
async function confirm(
  codes: readonly string[],
  { name, replaced }: { readonly name: string; readonly replaced: number },
  { prompt }: Pick<Context, "prompt">,
): Promise<void> {
  const shapes = [...new Set(codes.map(shapeOf))].slice(0, 3).join(", ");
  const found = plural(codes.length, "recovery code");
  const question =
    replaced === 0
      ? t`Keep ${found} (${shapes}) with ${name}?`
      : t`Keep ${found} (${shapes}) with ${name}, in place of ${replaced} that are there?`;
  if (!(await prompt.confirm(question, "--yes")))
    throw new FobError("interrupted", t("nothing was stored"));
}
