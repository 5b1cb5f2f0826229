import * as v from "valibot";
import { t } from "#base/language.ts";
import {
  type AppFormat,
  type AppItem,
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
import type { ForeignFile } from "./foreign-file.ts";
import { itemsOf } from "./logins.ts";

const ExportSchema = v.object({ items: list, folders: v.optional(listBeside) });

const ItemSchema = v.object({
  title: text,
  note: textBeside,
  trashed: markBeside,
  favorite: markBeside,
  folders: textsBeside,
  fields: v.optional(
    v.nullable(v.array(v.object({ type: v.string(), value: text, deleted: markBeside }))),
  ),
});

/** The exports of Enpass, JSON and CSV. */
export const enpass = {
  id: "enpass",
  app: "Enpass",
  async read(file) {
    const parsed = v.safeParse(ExportSchema, file.json(), { abortEarly: true });
    if (!parsed.success) return readPairs(file);
    const { items, folders = [] } = parsed.output;
    if (!someHas(items, "fields", "title") && !someHas(items, "template_type", "title"))
      return null;
    const names = namesById(folders, "uuid", "title");
    return readEach(items, {
      schema: ItemSchema,
      issuer: ["title"],
      account: ["subtitle"],
      read: (item) => itemsOfItem(item, names),
    });
  },
} as const satisfies AppFormat;

function itemsOfItem(
  item: v.InferOutput<typeof ItemSchema>,
  names: ReadonlyMap<string, string>,
): AppItem[] {
  if (item.trashed) return [{ leftBehind: "trash" }];
  const fields = (item.fields ?? []).filter(({ deleted }) => !deleted);
  const valuesOf = (type: string) =>
    fields.flatMap((field) => (field.type === type && field.value ? field.value : []));
  return itemsOf({
    codes: valuesOf("totp"),
    issuer: item.title,
    account: [...valuesOf("username"), ...valuesOf("email")][0],
    note: item.note,
    favorite: item.favorite,
    groups: item.folders?.map((id) => names.get(id ?? "")),
  });
}

/** How Enpass calls the fields that matter, in lower case; it writes a star before secret ones. */
const CODE = /^\*?(?:totp|one-time (?:code|password))$/i;
const USER = /^\*?(?:username|e-?mail)$/i;
const OTHERS = /^\*?(?:password|website|url)$/i;

/** A Key URI, or a secret of at least 80 bits. */
const SECRET = /^(?:otpauth:\/\/.*|[a-z2-7][a-z2-7 -]{14,}[a-z2-7=])$/i;

/**
 * The CSV export has no names of columns: a row is a title, then names and values of fields in
 * turn, and last a note.
 */
async function readPairs(file: ForeignFile): Promise<AppItem[] | null> {
  // what no such export is without, before anything is parsed
  if (!file.isTable || !/totp|one-time/i.test(file.text)) return null;
  const rows = (await file.rows())?.filter((row) => row.length > 1) ?? [];
  const isExport = rows.some((row) => {
    const names = namesIn(row);
    const hasCode = pairsIn(row).some(([name, value]) => CODE.test(name) && SECRET.test(value));
    return hasCode && names.some((name) => USER.test(name) || OTHERS.test(name));
  });
  if (!isExport) return null;
  return rows.filter((row, i) => i > 0 || !/^title$/i.test(row[0] ?? "")).flatMap(itemsOfRow);
}

function itemsOfRow(row: readonly string[]): AppItem[] {
  const pairs = pairsIn(row);
  const valuesOf = (pattern: RegExp) =>
    pairs.flatMap(([name, value]) => (pattern.test(name) && value !== "" ? value : []));
  const [issuer] = row;
  const [account] = valuesOf(USER);
  const note = row.length % 2 === 0 ? row.at(-1) : null;
  if (note && CODE.test(note)) return [{ fault: t("the file ends in this row"), issuer, account }];
  return itemsOf({ codes: valuesOf(CODE), issuer, account, note });
}

/** The names and values of the fields in a row. */
function pairsIn(row: readonly string[]): [string, string][] {
  return namesIn(row).map((name, i) => [name, (row[2 * i + 2] ?? "").trim()]);
}

/** The names of the fields that have a value, be it an empty one. */
function namesIn(row: readonly string[]): string[] {
  return row.filter((_, i) => i % 2 === 1 && i + 1 < row.length).map((name) => name.trim());
}
