import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { cleanTag, hasTags, joinWords, MAX_TAG_LENGTH, MAX_TAGS } from "#token/tags.ts";
import type { IndexEntry } from "#vault/tokens/token-index.ts";

/**
 * The tags of an option, which has commas between them; none where it is not given. Throws FobError
 * `usage` for an empty or unprintable one.
 */
export function parseTags(text: string | undefined): readonly string[] {
  return text === undefined ? [] : checkTags(text.split(","));
}

/** Tags that a person gave. Throws FobError `usage` for one that cannot be kept as it is. */
export function checkTags(texts: readonly string[]): readonly string[] {
  if (texts.length > MAX_TAGS) throw new FobError("usage", t`a token has at most ${MAX_TAGS} tags`);
  return texts.map(checkTag);
}

function checkTag(text: string): string {
  const given = text.trim();
  if (given === "") throw new FobError("usage", t("the tag is empty"));
  if (given.includes(","))
    throw new FobError(
      "usage",
      t`the tag ${JSON.stringify(given)} has a comma, which separates tags`,
    );
  if ([...given].length > MAX_TAG_LENGTH)
    throw new FobError("usage", t`a tag has at most ${MAX_TAG_LENGTH} characters`);
  const tag = cleanTag(given);
  if (tag === joinWords(given)) return tag;
  throw new FobError("usage", t`the tag ${JSON.stringify(tag)} has a character that is not shown`);
}

/** The tokens that have all of these tags. Throws FobError `not-found` where none has. */
export function chooseTagged(
  entries: readonly IndexEntry[],
  tags: readonly string[],
): readonly IndexEntry[] {
  const chosen = entries.filter((entry) => hasTags(entry, tags));
  if (chosen.length > 0 || tags.length === 0) return chosen;
  throw new FobError("not-found", t`no token has the tag ${tags.join(", ")}`, {
    hint: t("`fob list` shows the tags, and `fob tag NAME TAG` gives one"),
  });
}
