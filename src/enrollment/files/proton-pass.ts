import * as v from "valibot";
import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import {
  type AppFormat,
  type AppItem,
  list,
  listBeside,
  markBeside,
  readEach,
  someHas,
  text,
  textBeside,
} from "./app-file.ts";
import { itemsOf, type LoginColumns, readLogins } from "./logins.ts";

const VaultSchema = v.object({ name: textBeside, items: list });

const ExportSchema = v.object({
  encrypted: v.optional(v.boolean()),
  vaults: v.pipe(
    v.record(v.string(), v.unknown()),
    v.check((vaults) => someHas(Object.values(vaults), "items")),
  ),
});

const FieldSchema = v.object({
  type: v.literal("totp"),
  data: v.object({ totpUri: v.string() }),
});

const SectionSchema = v.object({ sectionFields: list });

const ItemSchema = v.object({
  state: v.fallback(v.optional(v.number()), undefined),
  pinned: markBeside,
  data: v.object({
    metadata: v.object({ name: text, note: textBeside }),
    extraFields: listBeside,
    content: v.object({
      itemEmail: textBeside,
      itemUsername: textBeside,
      // before e-mail addresses had a field of their own
      username: textBeside,
      totpUri: text,
      sections: listBeside,
    }),
  }),
});

type Item = v.InferOutput<typeof ItemSchema>;

/** What Proton Pass writes for an item in its trash. */
const TRASHED = 2;

const COLUMNS: LoginColumns = {
  needs: ["type", "name", "username", "note", "totp"],
  code: ["totp"],
  issuer: ["name"],
  account: ["username", "email"],
  note: "note",
  group: "vault",
};

/** The exports of Proton Pass: data.json out of its archive, and CSV. */
export const protonPass = {
  id: "proton-pass",
  app: "Proton Pass",
  async read(file) {
    const parsed = v.safeParse(ExportSchema, file.json(), { abortEarly: true });
    if (!parsed.success) return readLogins(file, COLUMNS);
    if (parsed.output.encrypted) {
      throw new FobError("invalid", t("this Proton Pass export is encrypted"), {
        hint: t("export it once more without encryption, and remove that file after the import"),
      });
    }
    return Object.values(parsed.output.vaults).flatMap(itemsInVault);
  },
} as const satisfies AppFormat;

function itemsInVault(vault: unknown): AppItem[] {
  const parsed = v.safeParse(VaultSchema, vault);
  if (!parsed.success) return [{ fault: t("a vault is not what it should be") }];
  const { name, items } = parsed.output;
  return readEach(items, {
    schema: ItemSchema,
    issuer: ["data", "metadata", "name"],
    account: ["data", "content", "itemUsername"],
    read: (item) => itemsOfItem(item, name),
  });
}

function itemsOfItem(
  { state, pinned, data: { metadata, extraFields, content } }: Item,
  vault: string | null | undefined,
): AppItem[] {
  if (state === TRASHED) return [{ leftBehind: "trash" }];
  return itemsOf({
    codes: [content.totpUri, ...codesIn(extraFields), ...content.sections.flatMap(codesInSection)],
    issuer: metadata.name,
    account: content.itemUsername || content.username || content.itemEmail,
    note: metadata.note,
    groups: [vault],
    favorite: pinned,
  });
}

function codesInSection(section: unknown): string[] {
  return v.is(SectionSchema, section) ? codesIn(section.sectionFields) : [];
}

/** The codes among the fields that a person has added. */
function codesIn(fields: readonly unknown[]): string[] {
  return fields.flatMap((field) => (v.is(FieldSchema, field) ? field.data.totpUri : []));
}
