import { t } from "#base/language.ts";
import { asked, defineCommand, flag } from "#cli/command.ts";
import type { Context } from "#cli/context.ts";
import { formatFields } from "#cli/output/table.ts";
import { type NameContext, nameOrPick } from "#commands/code/pick-token.ts";
import { existingTokens, existingVault, findOne } from "#commands/lookup.ts";
import { type OpenContext, openBelongings } from "#commands/open-belongings.ts";
import { printableNote } from "#token/note.ts";
import { forget } from "#token/secret.ts";
import { codesLeft } from "#vault/belongings/codes-left.ts";
import { openNote, sealedNoteOf } from "#vault/belongings/note.ts";
import { lastUses } from "#vault/tokens/last-uses.ts";
import { fieldsOf, type TokenView, viewToken } from "./token-view.ts";

/** A token, and what belongs to it. */
interface ShownToken {
  readonly view: TokenView;
  /** How many of its recovery codes are left; null where it has none. */
  readonly codesLeft: number | null;
  /** Its note, null where it has none; undefined where it was not asked for. */
  readonly note: string | null | undefined;
}

type ShowContext = OpenContext & Pick<Context, "findTokens" | "findVault">;

/** `fob show`: one token's details, never its secret. */
export const show = defineCommand({
  name: "show",
  summary: "show one token's details, never its secret",
  arguments: { name: asked("NAME", "name or id of a token", "token") },
  options: { note: flag("its note, too; asks for the token's PIN where it has one") },
  examples: [
    {
      command: "fob show vpn",
      explanation: "kind, algorithm, counter, PIN and where it came from",
    },
    { command: "fob show vpn --note", explanation: "with the note that `fob note` keeps" },
  ],
  ask: async (input, context: NameContext) => ({
    ...input,
    name: await nameOrPick(input.name, context),
  }),
  async run({ name, note: wantsNote }, context: ShowContext): Promise<ShownToken> {
    const note = wantsNote ? await readNote(name, context) : undefined;
    const tokens = await existingTokens(null, context);
    const { id } = await findOne(tokens, name);
    const { token, isWiped } = await tokens.look(id);
    const view = viewToken(token, lastUses(tokens).of(id), isWiped);
    const counted = tokens.grantLabel === null ? codesLeft(tokens.layout).get(id) : null;
    const left = counted ?? null;
    // the codes are sealed under the secret: they went with it
    return { view, codesLeft: isWiped && left !== null ? 0 : left, note };
  },
  text: ({ view, codesLeft: left, note }, style) =>
    [
      formatFields([...fieldsOf(view, style), [t("codes left"), left?.toString()]], style),
      ...(note === undefined ? [] : ["", note === null ? t("no note") : printableNote(note)]),
    ].join("\n"),
  json: ({ view, codesLeft: left, note }) => ({
    ...view,
    codesLeft: left ?? undefined,
    ...(note === undefined ? {} : { note }),
  }),
});

async function readNote(query: string, context: ShowContext): Promise<string | null> {
  const vault = await existingVault(context);
  const record = vault.read((await findOne(vault, query)).id);
  const sealed = sealedNoteOf(vault, record.token.id);
  if (sealed === null) return null;
  const key = await openBelongings(vault, record, context);
  try {
    return openNote(sealed, key);
  } finally {
    forget(key);
  }
}
