import * as v from "valibot";
import { parseJsonOrNull } from "#token/bounded-json.ts";
import type { AppFormat } from "./app-file.ts";
import { type LoginColumns, readLogins } from "./logins.ts";

/** The CSV export of KeePassXC. */
export const keePassXc = csvFormat("keepassxc", "KeePassXC", {
  needs: ["group", "title", "username", "totp"],
  code: ["totp"],
  issuer: ["title"],
  account: ["username"],
  note: "notes",
  group: "group",
});

/** The CSV export of 1Password 8; older versions had a column for one-time passwords as well. */
export const onePassword = csvFormat("1password", "1Password", {
  needs: [
    "title",
    "username",
    ["otpauth", "one-time password"],
    ["favorite", "archived", "tags", "one-time password"],
  ],
  code: ["otpauth", "one-time password"],
  issuer: ["title"],
  account: ["username"],
  note: "notes",
  tags: "tags",
  favorite: "favorite",
});

/** The CSV export of Apple's Passwords, and earlier of Safari. */
export const applePasswords = csvFormat("apple-passwords", "Apple Passwords", {
  needs: ["title", "url", "username", "password", "otpauth"],
  code: ["otpauth"],
  issuer: ["title"],
  account: ["username"],
  note: "notes",
});

/** The CSV export of LastPass; its notes are rows without a one-time password. */
export const lastPass = csvFormat("lastpass", "LastPass", {
  needs: ["url", "username", "totp", "extra", "name", "grouping"],
  code: ["totp"],
  issuer: ["name"],
  account: ["username"],
  note: "extra",
  group: "grouping",
  favorite: "fav",
});

/** credentials.csv of Dashlane's export. */
export const dashlane = csvFormat("dashlane", "Dashlane", {
  needs: ["username", "title", "note", "category", ["otpurl", "otpsecret"]],
  code: ["otpurl", "otpsecret"],
  issuer: ["title"],
  account: ["username", "username2", "username3"],
  note: "note",
  group: "category",
});

/** The CSV export of SafeInCloud. */
export const safeInCloud = csvFormat("safeincloud", "SafeInCloud", {
  needs: ["title", "login", "password", ["otp", "totp", "one-time password"]],
  code: ["otp", "totp", "one-time password"],
  issuer: ["title"],
  account: ["login"],
  note: "notes",
});

/**
 * The CSV export of NordPass, which leaves out the secrets of its own codes. Custom fields may hold
 * enrollment strings.
 */
export const nordPass = csvFormat("nordpass", "NordPass", {
  needs: ["name", "username", "note", "cardholdername", "folder"],
  code: ["totp", "otp", "otpauth"],
  codesIn: (row) => stringsIn(row.cell("custom_fields")),
  issuer: ["name"],
  account: ["username", "email"],
  note: "note",
  group: "folder",
  skips: (row) => row.cell("type") === "folder",
});

/** An app with CSV as its only export. */
function csvFormat<const Id extends string>(id: Id, app: string, columns: LoginColumns) {
  return { id, app, read: (file) => readLogins(file, columns) } as const satisfies AppFormat;
}

const CustomFieldsSchema = v.array(v.object({ value: v.optional(v.unknown()) }));

/** The Key URIs among the fields that a cell holds as JSON. */
function stringsIn(cell: string): string[] {
  if (!cell.includes("otpauth://")) return [];
  // a person may write what begins like JSON into a cell
  const fields = v.safeParse(CustomFieldsSchema, parseJsonOrNull(cell));
  return (fields.success ? fields.output : []).flatMap(({ value }) =>
    typeof value === "string" && value.startsWith("otpauth://") ? value : [],
  );
}
