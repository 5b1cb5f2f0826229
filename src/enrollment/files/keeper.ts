import * as v from "valibot";
import { t } from "#base/language.ts";
import {
  type AppFormat,
  type AppItem,
  list,
  readEach,
  someHas,
  text,
  textBeside,
} from "./app-file.ts";
import type { ForeignFile } from "./foreign-file.ts";
import { itemsOf } from "./logins.ts";

const ExportSchema = v.object({ records: list });

const FolderSchema = v.object({ folder: text, shared_folder: text });

const RecordSchema = v.object({
  title: text,
  login: text,
  notes: textBeside,
  custom_fields: v.fallback(v.optional(v.nullable(v.record(v.string(), v.unknown()))), null),
  folders: v.fallback(v.optional(v.nullable(v.array(FolderSchema))), null),
});

/** Keeper's names for the field of a one-time password, in older and newer exports. */
const CODE = /^(?:TFC:Keeper|\$oneTimeCode(?::.*)?)$/;

/** The exports of Keeper, JSON and CSV. */
export const keeper = {
  id: "keeper",
  app: "Keeper",
  async read(file) {
    const parsed = v.safeParse(ExportSchema, file.json(), { abortEarly: true });
    if (!parsed.success) return readRows(file);
    const { records } = parsed.output;
    if (!someHas(records, "title")) return null;
    return readEach(records, {
      schema: RecordSchema,
      issuer: ["title"],
      account: ["login"],
      read: (record) =>
        itemsOf({
          codes: Object.entries(record.custom_fields ?? {}).flatMap(codesIn),
          issuer: record.title,
          account: record.login,
          note: record.notes,
          groups: record.folders?.flatMap((one) => [one.folder, one.shared_folder]),
        }),
    });
  },
} as const satisfies AppFormat;

function codesIn([name, value]: [string, unknown]): string[] {
  return CODE.test(name) ? [value].flat().filter((one) => typeof one === "string") : [];
}

/** The column behind those of the standard: there names and values of fields begin, in turn. */
const FIRST_FIELD = 7;

/**
 * The CSV export has no column names. It is recognized by the name of its one-time password field.
 */
async function readRows(file: ForeignFile): Promise<AppItem[] | null> {
  if (!file.isTable || !/(?:TFC:Keeper|\$oneTimeCode)/.test(file.text)) return null;
  const rows = (await file.rows()) ?? [];
  if (!rows.some((row) => fieldsOf(row).some(isCode))) return null;
  return rows
    .filter((row, i) => row.length >= FIRST_FIELD - 1 && (i > 0 || row[1] !== "Title"))
    .flatMap(itemsOfRow);
}

function itemsOfRow(row: readonly string[]): AppItem[] {
  const [folder, issuer, account, , , note, sharedFolder] = row;
  const codes = fieldsOf(row).filter(isCode);
  if (codes.some(([, value]) => value === undefined))
    return [{ fault: t("the file ends in this row"), issuer, account }];
  return itemsOf({
    codes: codes.map(([, value]) => value),
    issuer,
    account,
    note,
    groups: [folder, sharedFolder],
  });
}

type Field = readonly [name: string, value: string | undefined];

function isCode([name]: Field): boolean {
  return CODE.test(name);
}

/** The names and values of the fields that a row has beyond those of the standard. */
function fieldsOf(row: readonly string[]): Field[] {
  const cells = row.slice(FIRST_FIELD);
  return cells.flatMap((name, i) => (i % 2 === 0 ? [[name, cells[i + 1]] as const] : []));
}
