import * as v from "valibot";
import { parseJsonOrNull } from "#token/bounded-json.ts";
import { foreignNote } from "#token/note.ts";
import { keptWith } from "./app-drafts.ts";
import { markBeside, textBeside, textsBeside } from "./app-file.ts";
import type { Belongings } from "./belongings.ts";

const PARAMETER = "codeDisplay=";

const DisplaySchema = v.object({
  note: textBeside,
  tags: textsBeside,
  pinned: markBeside,
  trashed: markBeside,
});

/** What Ente has beside a token, as it writes it, and what a token keeps of it. */
interface BesideInEnte {
  readonly beside: Belongings;
  readonly kept: ReturnType<typeof keptWith>;
  /** Whether it is in Ente's trash. */
  readonly isTrashed: boolean;
  /** Whether it has a note that is too long to be kept. */
  readonly isNoteLeft: boolean;
}

/** What Ente has beside a token: a parameter of its Key URI that only Ente reads. */
export function besideInEnte(uri: string): BesideInEnte | null {
  const start = uri.indexOf(PARAMETER);
  if (start === -1) return null;
  const [parameter] = uri.slice(start).split("&", 1);
  const json = new URLSearchParams(parameter).get("codeDisplay") ?? "";
  const display = v.safeParse(DisplaySchema, parseJsonOrNull(json));
  if (!display.success) return null;
  const { note: text, tags, pinned: favorite, trashed: isTrashed } = display.output;
  const note = foreignNote(text);
  return {
    beside: { note: text, tags, favorite },
    kept: keptWith({ tags, favorite, note }),
    isTrashed,
    isNoteLeft: note === null && Boolean(text?.trim()),
  };
}
