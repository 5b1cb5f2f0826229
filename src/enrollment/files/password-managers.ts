import * as v from "valibot";
import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { type AppFile, type AppLogin, listOf } from "./app-file.ts";

const text = v.optional(v.nullable(v.string()));

const BitwardenSchema = v.object({
  encrypted: v.optional(v.literal(false)),
  items: listOf(
    v.object({
      name: text,
      login: v.optional(v.nullable(v.object({ username: text, totp: text }))),
    }),
  ),
});

const EncryptedBitwardenSchema = v.object({
  encrypted: v.literal(true),
  data: v.optional(v.string()),
});

/** The unencrypted JSON export of Bitwarden: logins, some of them with a token. */
export const bitwarden: AppFile = {
  id: "bitwarden",
  app: "Bitwarden",
  async read(content) {
    if (v.is(EncryptedBitwardenSchema, content)) {
      throw new FobError("invalid", t("this Bitwarden export is encrypted"), {
        hint: t(
          "export it once more as .json, which is not encrypted, and remove that file after the import",
        ),
      });
    }
    const parsed = v.safeParse(BitwardenSchema, content, { abortEarly: true });
    if (!parsed.success) return null;
    return parsed.output.items.flatMap(({ name, login }) =>
      loginOf(login?.totp, name, login?.username),
    );
  },
};

/** Where a CSV export has its columns, by the names in its first line. */
interface Columns {
  readonly id: string;
  readonly app: string;
  readonly totp: string;
  readonly title: string;
  readonly user: string;
}

const CSV_EXPORTS: readonly Columns[] = [
  { id: "bitwarden", app: "Bitwarden", totp: "login_totp", title: "name", user: "login_username" },
  { id: "keepassxc", app: "KeePassXC", totp: "TOTP", title: "Title", user: "Username" },
];

/** A table as its file has it: the names of its columns, and the cells of each row. */
export interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/**
 * The logins of a password manager's CSV export, and which one it is; null when it is none that we
 * know.
 */
export function readCsvExport({
  columns,
  rows,
}: Table): (Pick<AppFile, "id" | "app"> & Logins) | null {
  const known = CSV_EXPORTS.find(
    ({ totp, title }) => columns.includes(totp) && columns.includes(title),
  );
  if (!known || rows.length === 0) return null;
  const [totp, title, user] = [known.totp, known.title, known.user].map((name) =>
    columns.indexOf(name),
  );
  const cell = (row: readonly string[], at: number | undefined) => row[at ?? -1];
  return {
    id: known.id,
    app: known.app,
    logins: rows.flatMap((row) => loginOf(cell(row, totp), cell(row, title), cell(row, user))),
  };
}

interface Logins {
  readonly logins: readonly AppLogin[];
}

/** The apps whose CSV exports are read. */
export const CSV_APPS: readonly string[] = CSV_EXPORTS.map(({ app }) => app);

function loginOf(
  totp: string | null | undefined,
  issuer: string | null | undefined,
  account: string | null | undefined,
): AppLogin[] {
  return totp ? [{ enrollment: totp, issuer, account }] : [];
}
