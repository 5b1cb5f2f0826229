import { readLines } from "#enrollment/lines.ts";
import type { AppFormat, AppItem } from "./app-file.ts";
import type { ForeignFile } from "./foreign-file.ts";
import { isHexSeed, kindAssumed, readHexSeed, seedFault } from "./hex-seed.ts";
import { refuseNewer } from "./newer-version.ts";

const APP = "OATH CSV";

/** The version of the list that is known. */
const VERSION = 2;

/** How many columns with a user a list of version 2 has in front. */
const USER_COLUMNS = 3;

/** LinOTP's names for kinds that go by another one in a Key URI. */
const KINDS: ReadonlyMap<string, string> = new Map([
  ["hmac", "hotp"],
  ["ocra2", "ocra"],
]);

/** The kinds of token that servers import from such a list. */
const KNOWN = ["hotp", "totp", "hmac", "ocra", "ocra2", "tan"];

const HASHES = /^sha-?(?:1|256|512)$/i;

/**
 * The list of hardware tokens that privacyIDEA, LinOTP and others import: serial number, seed in
 * hexadecimal, kind, digits or OCRA suite, time step or counter, hash. All behind the seed may be
 * missing; makers write the first two alone, with a blank between.
 */
export const oathCsv = {
  id: "oath-csv",
  app: APP,
  async read(file) {
    const version = Number(/^#\s*version:\s*(\d{1,9})/i.exec(file.text)?.[1] ?? 1);
    const rows = (await rowsOf(file)).filter((row) => !row[0]?.startsWith("#"));
    if (rows.some((row) => row.some(isHexSeed))) refuseNewer(APP, version, VERSION);
    const hasUsers = version === VERSION;
    const entries = rows.map((row) => (hasUsers ? row.slice(USER_COLUMNS) : row));
    const start = isHeader(entries[0] ?? []) ? 1 : 0;
    if (!isTokenList(entries.slice(start))) return null;
    return entries
      .slice(start)
      .map((entry, i) => itemOf(entry, (hasUsers && rows[i + start]?.[0]) || null));
  },
} as const satisfies AppFormat;

async function rowsOf(file: ForeignFile): Promise<string[][]> {
  const rows =
    file.isTable && file.delimiter !== "\t"
      ? await file.rows()
      : readLines(file.text).map(({ text }) => text.split(/\s+/));
  return (rows ?? []).map((row) => row.map((cell) => cell.trim()));
}

/** A list may have bad entries, but no more than good ones. */
function isTokenList(rows: readonly (readonly string[])[]): boolean {
  const good = rows.filter(
    ([serial = "", seed = "", kind = ""]) =>
      /^[\w.-]{1,64}$/.test(serial) &&
      isHexSeed(seed) &&
      (kind === "" || KNOWN.includes(kind.toLowerCase())),
  );
  return good.length > 0 && good.length * 2 >= rows.length;
}

function isHeader([, seed = ""]: readonly string[]): boolean {
  return /(?:seed|key|secret)/i.test(seed);
}

function itemOf(row: readonly string[], account: string | null): AppItem {
  const [serial = "", seed = "", kind = "", third = "", fourth = "", hash = ""] = row;
  if (!isHexSeed(seed)) return { fault: seedFault(seed), account: account ?? serial };
  const type = KINDS.get(kind.toLowerCase()) ?? (kind || "hotp");
  const { secret, algorithm } = readHexSeed(seed);
  return {
    ...{ type, secret, serial, account },
    algorithm: HASHES.test(hash) ? hash : algorithm,
    ...(type.toLowerCase() === "ocra" ? { suite: third } : { digits: third }),
    period: fourth,
    counter: fourth,
    ...(kind === "" ? { findings: [kindAssumed()] } : {}),
  };
}
