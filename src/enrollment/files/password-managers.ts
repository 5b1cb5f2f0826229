import * as v from "valibot";
import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { type AppFormat, type AppLogin, list, readEach, someHas, text } from "./app-file.ts";
import type { ForeignFile } from "./foreign-file.ts";

const BitwardenSchema = v.object({ encrypted: v.optional(v.literal(false)), items: list });

const ItemSchema = v.object({
  name: text,
  login: v.optional(v.nullable(v.object({ username: text, totp: text }))),
});

const EncryptedBitwardenSchema = v.object({
  encrypted: v.literal(true),
  data: v.optional(v.string()),
});

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
    if (!parsed.success || !isBitwarden(parsed.output))
      return readTable(file, { totp: "login_totp", title: "name", user: "login_username" });
    return readEach(parsed.output.items, {
      schema: ItemSchema,
      issuer: ["name"],
      account: ["login", "username"],
      read: ({ name, login }) => loginOf(login?.totp, name, login?.username),
    });
  },
} as const satisfies AppFormat;

/** Other password managers have a list of this name, too, and no such fields in it. */
function isBitwarden({ encrypted, items }: v.InferOutput<typeof BitwardenSchema>): boolean {
  return encrypted === false || ["type", "login"].some((field) => someHas(items, "name", field));
}

/** The CSV export of KeePassXC. */
export const keePassXc = {
  id: "keepassxc",
  app: "KeePassXC",
  read: (file) => readTable(file, { totp: "TOTP", title: "Title", user: "Username" }),
} as const satisfies AppFormat;

/** Where a CSV export has its columns, by the names in its first line. */
interface Columns {
  readonly totp: string;
  readonly title: string;
  readonly user: string;
}

/** The logins of a CSV export; null when it has no such columns, or no rows. */
async function readTable(
  file: ForeignFile,
  { totp, title, user }: Columns,
): Promise<AppLogin[] | null> {
  const { columns = [], rows = [] } = (await file.table()) ?? {};
  if (!columns.includes(totp) || !columns.includes(title) || rows.length === 0) return null;
  const [totpAt = -1, titleAt = -1, userAt = -1] = [totp, title, user].map((name) =>
    columns.indexOf(name),
  );
  return rows.flatMap((row) => loginOf(row[totpAt], row[titleAt], row[userAt]));
}

function loginOf(
  totp: string | null | undefined,
  issuer: string | null | undefined,
  account: string | null | undefined,
): AppLogin[] {
  return totp ? [{ enrollment: totp, issuer, account }] : [];
}
