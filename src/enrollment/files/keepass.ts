import { isKeePass } from "#enrollment/keepass/kdbx-header.ts";
import { isKeePassXml } from "#enrollment/keepass/keepass-xml.ts";
import type { AppFormat } from "./app-file.ts";

/** The databases of KeePass 2, KeePassXC and others (`.kdbx`), and their XML export. */
export const keePass = {
  id: "keepass",
  app: "KeePass",
  async read({ bytes, keyFile }, askSecret, effort) {
    if (!isKeePass(bytes) && !isKeePassXml(bytes)) return null;
    const { readDatabase } = await import("#enrollment/keepass/read-database.ts");
    return readDatabase(bytes, keyFile, { askSecret, effort });
  },
} as const satisfies AppFormat;
