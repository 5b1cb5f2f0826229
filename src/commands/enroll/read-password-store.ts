import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import type { Context } from "#cli/context.ts";
import type { FileContent } from "#enrollment/files/read-file.ts";
import { hasToken, readStoreEntries, type StoreEntry } from "#enrollment/files/store-entries.ts";
import { forget } from "#token/secret.ts";

/** What reading a password store needs. */
export type StoreContext = Pick<Context, "passwordStore" | "progress">;

/** Entries that cannot be shown at the beginning: a person who says no is not asked for all. */
const MAX_FAILURES = 3;

/**
 * The tokens in a password store, whose program is asked for one entry at a time. Rejects with
 * FobError `unavailable` where it shows none.
 */
export async function readPasswordStore(
  folder: string | null,
  { passwordStore, progress }: StoreContext,
): Promise<FileContent> {
  const store = await passwordStore(folder);
  const entries: StoreEntry[] = [];
  let without = 0;
  try {
    const bar = progress(store.names.length, t("entries"));
    try {
      for (const [i, name] of store.names.entries()) {
        const entry = { name, content: await store.show(name) };
        bar.step();
        if (hasToken(entry)) entries.push(entry);
        else {
          forget(entry.content);
          without++;
        }
        const isHopeless = i + 1 === Math.min(MAX_FAILURES, store.names.length);
        if (isHopeless && entries.every(({ content }) => content === null) && without === 0)
          throw cannotShow(store.program);
      }
    } finally {
      bar.end();
    }
    return await readStoreEntries(store.program, entries, without);
  } finally {
    forget(...entries.map(({ content }) => content));
  }
}

function cannotShow(program: string): FobError {
  return new FobError("unavailable", t`${program} does not show the entries of the store`, {
    hint: t`try \`${program} show\` with one of them: its key or password may be missing`,
  });
}
