import * as v from "valibot";
import { FobError } from "../../fob-error.ts";
import { t } from "../../language.ts";
import type { AppFile, AppLogin } from "./app-file.ts";

const text = v.optional(v.nullable(v.string()));

const BitwardenSchema = v.object({
  encrypted: v.optional(v.literal(false)),
  items: v.array(v.object({ name: text, login: v.optional(v.nullable(v.object({ username: text, totp: text }))) })),
});

const EncryptedBitwardenSchema = v.object({ encrypted: v.literal(true), data: v.optional(v.string()) });

/** The unencrypted JSON export of Bitwarden: logins, some of them with a token. */
export const bitwarden: AppFile = {
  id: "bitwarden",
  app: "Bitwarden",
  async read(content) {
    if (v.is(EncryptedBitwardenSchema, content)) {
      throw new FobError("invalid", t("this Bitwarden export is encrypted"), {
        hint: t("export it once more as .json, which is not encrypted, and remove that file after the import"),
      });
    }
    const parsed = v.safeParse(BitwardenSchema, content);
    if (!parsed.success) return null;
    return parsed.output.items.flatMap(({ name, login }) => loginOf(login?.totp, name, login?.username));
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

/** The CSV exports of password managers; content is the table's rows, by column. */
export const csvExports: readonly AppFile[] = CSV_EXPORTS.map(({ id, app, totp, title, user }) => ({
  id,
  app,
  async read(content) {
    const table = v.safeParse(v.pipe(v.array(v.record(v.string(), v.string())), v.minLength(1)), content);
    if (!table.success || !(totp in (table.output[0] ?? {})) || !(title in (table.output[0] ?? {}))) return null;
    return table.output.flatMap((row) => loginOf(row[totp], row[title], row[user]));
  },
}));

function loginOf(
  totp: string | null | undefined,
  issuer: string | null | undefined,
  account: string | null | undefined,
): AppLogin[] {
  return totp ? [{ enrollment: totp, issuer, account }] : [];
}
