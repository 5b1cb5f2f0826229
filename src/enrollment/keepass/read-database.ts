import type { AppItem } from "#enrollment/files/app-file.ts";
import { withBelongings } from "#enrollment/files/belongings.ts";
import { refuseTooMany } from "#enrollment/lines.ts";
import type { Opening } from "#enrollment/passphrase.ts";
import { forget } from "#token/secret.ts";
import { isKeePass } from "./kdbx-header.ts";
import { type KeePassEntry, readKeePassXml } from "./keepass-xml.ts";
import { openKdbx } from "./open-kdbx.ts";
import { tokensIn } from "./otp-fields.ts";
import type { OpenValue } from "./value-stream.ts";

/** The tokens in a database or an XML export. Rejects as `openKdbx` does. */
export async function readDatabase(
  bytes: Buffer,
  keyFile: Buffer | null,
  opening: Opening,
): Promise<AppItem[]> {
  if (!isKeePass(bytes)) return itemsIn(bytes, null);
  const { document, openValue } = await openKdbx(bytes, keyFile, opening);
  try {
    return itemsIn(document, openValue);
  } finally {
    forget(document);
  }
}

function itemsIn(document: Buffer, openValue: OpenValue | null): AppItem[] {
  const items: AppItem[] = [];
  readKeePassXml(document, openValue, (entry) => {
    items.push(...itemsOf(entry));
    refuseTooMany(items.length);
  });
  return items;
}

/** What an entry holds. What was thrown away there is not taken over. */
function itemsOf({ fields, isInTrash, group, tags }: KeePassEntry): AppItem[] {
  if (isInTrash) return [{ leftBehind: "trash" }];
  const tokens = tokensIn(fields, {
    issuer: nameIn(fields, "Title"),
    account: nameIn(fields, "UserName"),
  });
  if (tokens.length === 0) return [{ leftBehind: "login" }];
  const note = fields.get("Notes");
  return withBelongings(tokens, { note, groups: [group], tags: tags.split(/[,;]/) });
}

/** A name, unless it is a reference to another entry's. */
function nameIn(fields: KeePassEntry["fields"], name: string): string | null {
  const text = fields.get(name) ?? "";
  return text.startsWith("{REF:") ? null : text;
}
