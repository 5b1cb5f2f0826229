import * as v from "valibot";
import {
  type AppFormat,
  type AppItem,
  list,
  markBeside,
  readEach,
  text,
  textBeside,
  textsBeside,
} from "./app-file.ts";
import { itemsOf } from "./logins.ts";

const ExportSchema = v.object({
  accounts: v.pipe(
    v.array(v.object({ vaults: v.array(v.object({ items: list })) })),
    v.minLength(1),
  ),
});

const SectionSchema = v.object({
  fields: v.fallback(
    v.array(v.object({ value: v.fallback(v.object({ totp: text }), { totp: null }) })),
    [],
  ),
});

const ItemSchema = v.object({
  trashed: v.fallback(v.boolean(), false),
  // its place among the favorites, from 1 on
  favIndex: markBeside,
  overview: v.object({ title: text, tags: textsBeside }),
  details: v.object({
    notesPlain: textBeside,
    loginFields: v.fallback(v.array(v.object({ value: textBeside, designation: textBeside })), []),
    sections: v.fallback(v.array(SectionSchema), []),
  }),
});

/** `export.data` in the export of 1Password 8 (`.1pux`). */
export const onePasswordExport = {
  id: "1pux",
  app: "1Password",
  async read(file) {
    const parsed = v.safeParse(ExportSchema, file.json(), { abortEarly: true });
    if (!parsed.success) return null;
    const vaults = parsed.output.accounts.flatMap((account) => account.vaults);
    return readEach(
      vaults.flatMap(({ items }) => items.map(unwrap)),
      {
        schema: ItemSchema,
        issuer: ["overview", "title"],
        account: [],
        read: tokensOf,
      },
    );
  },
} as const satisfies AppFormat;

/** Early versions put each item into an object of its own. */
function unwrap(item: unknown): unknown {
  const wrapped = v.safeParse(v.object({ item: v.unknown() }), item);
  return wrapped.success ? wrapped.output.item : item;
}

/** Every one-time password of an item. Those in the trash are not taken over. */
function tokensOf({
  trashed,
  favIndex,
  overview,
  details,
}: v.InferOutput<typeof ItemSchema>): AppItem[] {
  if (trashed) return [{ leftBehind: "trash" }];
  const user = details.loginFields.find(({ designation }) => designation === "username");
  const codes = details.sections.flatMap(({ fields }) => fields.map(({ value }) => value.totp));
  return itemsOf({
    codes,
    issuer: overview.title,
    account: user?.value,
    note: details.notesPlain,
    tags: overview.tags,
    favorite: favIndex,
  });
}
