import { t } from "#base/language.ts";
import { type AppItem, isMarked, placed } from "./app-file.ts";
import { withBelongings } from "./belongings.ts";
import type { ForeignFile } from "./foreign-file.ts";
import type { Row } from "./table.ts";

type Text = string | null | undefined;

/** An entry of a password manager, with the fields that fob reads. */
export interface Login {
  /** Its one-time passwords, as enrollment strings or bare secrets; empty ones are ignored. */
  readonly codes: readonly Text[];
  readonly issuer: Text;
  readonly account: Text;
  readonly note?: Text;
  readonly groups?: readonly Text[] | null | undefined;
  readonly tags?: readonly Text[] | null | undefined;
  readonly favorite?: boolean | undefined;
}

/**
 * The tokens of a login, with its other content. A login without a one-time password is counted.
 */
export function itemsOf({ codes, issuer, account, ...belongings }: Login): AppItem[] {
  const given = codes.flatMap((code) => code?.trim() || []);
  if (given.length === 0) return [{ leftBehind: "login" }];
  const tokens = given.map((enrollment) => ({ enrollment, issuer, account }));
  return withBelongings(tokens, belongings);
}

/**
 * Where a CSV export has its columns, by their names in lower case. Of several names, the first
 * that is not empty counts.
 */
export interface LoginColumns {
  /** The columns that identify the app: all of these, or one of each nested list. */
  readonly needs: readonly (string | readonly string[])[];
  readonly code: readonly string[];
  readonly issuer: readonly string[];
  readonly account: readonly string[];
  readonly note?: string;
  readonly group?: string;
  /** Tags stand in one cell, with commas or semicolons between. */
  readonly tags?: string;
  readonly favorite?: string;
  /** Further codes in a row. */
  readonly codesIn?: (row: Row) => readonly string[];
  /** Rows that are no entries. */
  readonly skips?: (row: Row) => boolean;
}

/** The logins of a CSV export, or null for a file that has no such columns. */
export async function readLogins(
  file: ForeignFile,
  columns: LoginColumns,
): Promise<AppItem[] | null> {
  const table = await file.table((names) =>
    columns.needs.every((need) => [need].flat().some((name) => names.has(name))),
  );
  const items = table?.rows.flatMap((row, i) =>
    columns.skips?.(row) ? [] : placed(itemsIn(row, columns), i + 1),
  );
  return items ?? null;
}

function itemsIn(row: Row, { code, ...columns }: LoginColumns): AppItem[] {
  const issuer = row.cell(...columns.issuer);
  const account = row.cell(...columns.account);
  if (row.endsBefore(...code)) return [{ fault: t("the file ends in this row"), issuer, account }];
  return itemsOf({
    codes: [row.cell(...code), ...(columns.codesIn?.(row) ?? [])],
    issuer,
    account,
    note: columns.note && row.cell(columns.note),
    groups: columns.group ? [row.cell(columns.group)] : [],
    tags: columns.tags ? row.cell(columns.tags).split(/[,;]/) : [],
    favorite: columns.favorite !== undefined && isMarked(row.cell(columns.favorite)),
  });
}
