import * as v from "valibot";
import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import {
  type AppFormat,
  list,
  listBeside,
  markBeside,
  namesById,
  readEach,
  someHas,
  text,
  textBeside,
  textsBeside,
} from "./app-file.ts";
import { itemsOf, type LoginColumns, readLogins } from "./logins.ts";

const BitwardenSchema = v.object({
  encrypted: v.optional(v.literal(false)),
  items: list,
  folders: v.optional(listBeside),
  collections: v.optional(listBeside),
});

const ItemSchema = v.object({
  name: text,
  login: v.optional(v.nullable(v.object({ username: text, totp: text }))),
  favorite: markBeside,
  notes: textBeside,
  folderId: textBeside,
  collectionIds: textsBeside,
});

const EncryptedBitwardenSchema = v.object({
  encrypted: v.literal(true),
  data: v.optional(v.string()),
});

const BITWARDEN_COLUMNS: LoginColumns = {
  needs: ["name", "login_totp"],
  code: ["login_totp"],
  issuer: ["name"],
  account: ["login_username"],
  note: "notes",
  group: "folder",
  favorite: "favorite",
};

/** The unencrypted exports of Bitwarden, JSON and CSV: logins, some of them with a token. */
export const bitwarden = {
  id: "bitwarden",
  app: "Bitwarden",
  async read(file) {
    const content = file.json();
    if (v.is(EncryptedBitwardenSchema, content)) {
      throw new FobError("invalid", t("this Bitwarden export is encrypted"), {
        hint: t(
          "only its account can open it: export it once more as .json with a password of its own, or without one",
        ),
      });
    }
    const parsed = v.safeParse(BitwardenSchema, content, { abortEarly: true });
    if (!parsed.success || !isBitwarden(parsed.output)) return readLogins(file, BITWARDEN_COLUMNS);
    const { items, folders = [], collections = [] } = parsed.output;
    const names = namesById([...folders, ...collections], "id", "name");
    return readEach(items, {
      schema: ItemSchema,
      issuer: ["name"],
      account: ["login", "username"],
      read: ({ name, login, notes, favorite, folderId, collectionIds }) =>
        itemsOf({
          codes: [login?.totp],
          issuer: name,
          account: login?.username,
          note: notes,
          favorite,
          groups: [folderId, ...(collectionIds ?? [])].map((id) => names.get(id ?? "")),
        }),
    });
  },
} as const satisfies AppFormat;

/** Other password managers use a list of the same name; the entries of those have a title. */
function isBitwarden({ encrypted, items }: v.InferOutput<typeof BitwardenSchema>): boolean {
  return encrypted === false || ["type", "login"].some((field) => someHas(items, "name", field));
}
