import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { asked, defineCommand, flag, optional } from "#cli/command.ts";
import type { Context } from "#cli/context.ts";
import { type NameContext, nameOrPick } from "#commands/code/pick-token.ts";
import { existingVault, findOne } from "#commands/lookup.ts";
import { openBelongings } from "#commands/open-belongings.ts";
import { isDamage } from "#token/newer.ts";
import { MAX_NOTE_BYTES, parseNote } from "#token/note.ts";
import { printable } from "#token/printable.ts";
import { forget, type Secret } from "#token/secret.ts";
import {
  openNote,
  replaceNote,
  sealedNoteOf,
  sealNote,
  storeNote,
} from "#vault/belongings/note.ts";
import type { Vault } from "#vault/vault.ts";

/** A token, and what became of its note. */
interface NotedToken {
  readonly id: string;
  readonly name: string;
  readonly change: "stored" | "removed" | "none";
  readonly hasNote: boolean;
  /** Whether another process had changed the note meanwhile, and both texts were kept. */
  readonly isJoined: boolean;
}

type TextContext = Pick<Context, "editText" | "isTerminal" | "prompt" | "readInput">;

type NoteContext = TextContext &
  Pick<Context, "clock" | "findVault" | "pinPrompt" | "wipeLeftEdits">;

/** `fob note`: keeps a text with a token. */
export const note = defineCommand({
  name: "note",
  summary: "keep a note with a token",
  description:
    "TEXT takes the place of the note that is there. Without TEXT, a terminal opens $VISUAL or $EDITOR; an empty file, or empty standard input, removes " +
    "the note. It is sealed as the token's secret is: where the token has a PIN, it is asked for. `fob show --note` shows it.",
  arguments: {
    name: asked("NAME", "name or id of a token", "token"),
    text: optional("TEXT", "the note; - reads standard input"),
  },
  options: { remove: flag("remove the note") },
  examples: [
    { command: "fob note vpn", explanation: "opens the note in your editor" },
    { command: "fob note vpn - < vpn.txt", explanation: "takes it from a file" },
    { command: "fob note vpn --remove", explanation: "removes it" },
  ],
  ask: async (input, context: NameContext) => ({
    ...input,
    name: await nameOrPick(input.name, context),
  }),
  async run({ name: query, ...input }, context: NoteContext): Promise<NotedToken> {
    await context.wipeLeftEdits();
    const wanted = await wantedNote(input, context);
    const vault = await existingVault(context);
    const record = vault.read((await findOne(vault, query)).id);
    const { id, name } = record.token;
    const key = await openBelongings(vault, record, context);
    try {
      const sealed = sealedNoteOf(vault, id);
      if (wanted === "edited") {
        const before = sealed === null ? null : openNote(sealed, key);
        const edited = await edit(before, context);
        const stored =
          edited === before
            ? { note: edited, isJoined: false }
            : storeEdited(vault, id, { sealed, edited, key });
        return { id, name, ...changeOf(before, stored.note), isJoined: stored.isJoined };
      }
      const before = sealed === null ? null : openOrOther(sealed, key);
      const after = wanted.note;
      if (after !== before) storeNote(vault, id, after === null ? null : sealNote(after, key));
      return { id, name, ...changeOf(before, after), isJoined: false };
    } finally {
      forget(key);
    }
  },
  text: ({ name, change, hasNote }) => printable(describe(name, change, hasNote)),
  json: ({ id, name, hasNote }) => ({ id, name, note: hasNote }),
  notes: ({ name, isJoined }) =>
    isJoined
      ? [printable(t`the note of ${name} was changed meanwhile: both texts are in it now`)]
      : [],
});

/**
 * A note that does not open, and is to be replaced or removed, is like none that was ever given.
 */
const OTHER = Symbol("another note");

function openOrOther(sealed: string, key: Secret): string | typeof OTHER {
  try {
    return openNote(sealed, key);
  } catch (error) {
    if (isDamage(error)) return OTHER;
    throw error;
  }
}

function changeOf(before: string | null | typeof OTHER, after: string | null) {
  const change = after === before ? "none" : after === null ? "removed" : "stored";
  return { change, hasNote: after !== null } as const;
}

/** What was edited, and the sealed note that the editor had begun with. */
interface Edited {
  readonly sealed: string | null;
  readonly edited: string | null;
  readonly key: Secret;
}

/**
 * Stores an edited note. What another process has written while the editor was open is kept after
 * it: nobody has seen both texts, and neither may be lost.
 */
function storeEdited(vault: Vault, id: string, { sealed, edited, key }: Edited) {
  let [current, note, isJoined] = [sealed, edited, false];
  for (;;) {
    const after = note === null ? null : sealNote(note, key);
    if (replaceNote(vault, id, { before: current, after })) return { note, isJoined };
    current = sealedNoteOf(vault, id);
    const other = current === null ? null : openNote(current, key);
    isJoined = other !== null && edited !== null && other !== edited;
    note = isJoined ? joinNotes(`${edited}\n\n${other}`) : (edited ?? other);
  }
}

function joinNotes(both: string): string | null {
  if (Buffer.byteLength(both) <= MAX_NOTE_BYTES) return parseNote(both);
  throw new FobError(
    "invalid",
    t("the note was changed meanwhile, and both texts together are too long for a note"),
    { hint: t("the other text is stored, and what was written here is not: `fob show --note`") },
  );
}

/** The note that was given, null for none. Throws FobError `locked` where it cannot be edited. */
async function wantedNote(
  { text, remove }: { readonly text: string | undefined; readonly remove: boolean },
  { prompt, isTerminal, readInput }: TextContext,
): Promise<{ readonly note: string | null } | "edited"> {
  if (remove && text !== undefined)
    throw new FobError("usage", t("--remove and TEXT exclude each other"));
  if (remove) return { note: null };
  if (text !== undefined) return { note: parseNote(text === "-" ? await readInput() : text) };
  if (prompt.available && isTerminal) return "edited";
  throw new FobError("locked", t`cannot ask here: ${t("the note, in an editor")}`, {
    hint: t`${t("TEXT, or - for standard input,")} answers without a terminal`,
  });
}

async function edit(before: string | null, { editText }: TextContext): Promise<string | null> {
  // one byte more for each end of line that an editor may add
  return parseNote(await editText(before === null ? "" : `${before}\n`, MAX_NOTE_BYTES + 2));
}

function describe(name: string, change: NotedToken["change"], hasNote: boolean): string {
  if (change === "stored") return t`${name} has this note now`;
  if (change === "removed") return t`${name} has no note any more`;
  return hasNote ? t`the note of ${name} is the same` : t`${name} has no note`;
}
