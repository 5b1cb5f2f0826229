import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { defineCommand, flag, required, variadic } from "#cli/command.ts";
import type { Context } from "#cli/context.ts";
import { existingVault, findOne } from "#commands/lookup.ts";
import { printable } from "#token/printable.ts";
import { hasTags, MAX_TAGS, withoutTags, withTags } from "#token/tags.ts";
import { checkTags } from "./tag-values.ts";

/** A token, and the tags that it has now, and had before. */
interface TaggedToken {
  readonly id: string;
  readonly name: string;
  readonly tags: readonly string[];
  readonly before: readonly string[];
}

/** `fob tag`: sorts a token under tags. */
export const tag = defineCommand({
  name: "tag",
  summary: "sort a token under tags",
  description: "A tag is any word, or several, without a comma; letter case does not matter.",
  arguments: {
    name: required("NAME", "name or id of a token", "token"),
    tags: variadic("TAG", "its new tags, besides those that it has", "tag"),
  },
  options: {},
  examples: [{ command: "fob tag vpn work", explanation: "then `fob list --tag work` has it" }],
  isDelegable: () => true,
  async run({ name, tags }, context: Pick<Context, "findVault">) {
    if (tags.length === 0) throw new FobError("usage", t("which tag? give a TAG"));
    const given = checkTags(tags);
    return retag(name, (current) => withTags(current, given), context);
  },
  text: formatTagged,
  json: taggedJson,
});

/** `fob untag`: takes tags off a token. */
export const untag = defineCommand({
  name: "untag",
  summary: "take tags off a token",
  arguments: {
    name: required("NAME", "name or id of a token", "token"),
    tags: variadic("TAG", "the tags that it loses", "tag"),
  },
  options: { all: flag("all of its tags") },
  examples: [{ command: "fob untag vpn work", explanation: "leaves its other tags" }],
  isDelegable: () => true,
  async run({ name, tags, all }, context: Pick<Context, "findVault">) {
    if (all && tags.length > 0)
      throw new FobError("usage", t("--all and a TAG exclude each other"));
    if (!all && tags.length === 0)
      throw new FobError("usage", t("which tag? give a TAG, or --all"));
    const given = checkTags(tags);
    const tagged = await retag(
      name,
      (current) => (all ? [] : withoutTags(current, given)),
      context,
    );
    return { ...tagged, hadAll: hasTags({ tags: tagged.before }, given) };
  },
  text: (tagged) => formatTagged(tagged),
  json: (tagged) => taggedJson(tagged),
  notes: ({ hadAll }) => (hadAll ? [] : [t("it did not have all of these tags")]),
});

async function retag(
  query: string,
  change: (tags: readonly string[]) => readonly string[],
  context: Pick<Context, "findVault">,
): Promise<TaggedToken> {
  const vault = await existingVault(context);
  const { id, tags: before } = await findOne(vault, query);
  const { name, tags } = vault.amend(id, (current) => {
    const changed = change(current.tags);
    if (changed.length > MAX_TAGS)
      throw new FobError("usage", t`a token has at most ${MAX_TAGS} tags`);
    return { ...current, tags: changed };
  });
  return { id, name, tags, before };
}

function formatTagged({ name, tags }: TaggedToken): string {
  return printable(
    tags.length === 0 ? t`${name} has no tags` : t`${name} has the tags ${tags.join(", ")}`,
  );
}

function taggedJson({ id, name, tags }: TaggedToken) {
  return { id, name, tags };
}
