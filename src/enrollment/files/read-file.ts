import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import type { AskSecret, EnrollmentDraft } from "#enrollment/draft.ts";
import { Effort } from "#enrollment/effort.ts";
import { MAX_ENTRIES, readLines } from "#enrollment/lines.ts";
import { readPictureHeader } from "#enrollment/picture/picture-header.ts";
import { pskc } from "#enrollment/pskc/pskc.ts";
import { identify, recognize } from "#enrollment/recognize.ts";
import { parseJson } from "#token/bounded-json.ts";
import { shortenName } from "#token/clean-name.ts";
import { decodeText } from "#token/text-encoding.ts";
import { aegis } from "./aegis.ts";
import { type AppEntry, type AppFile, type AppLogin, draftsOf } from "./app-file.ts";
import { andOtp, freeOtpPlus, proton, raivo, stratum } from "./json-apps.ts";
import { bitwarden, CSV_APPS, readCsvExport, type Table } from "./password-managers.ts";
import { twoFas } from "./two-fas.ts";

/** The largest file of another app that is read, in bytes. */
export const MAX_APP_FILE_BYTES = 64 * 1024 * 1024;

/** The largest one that is no picture: parsing takes many times the memory. */
const MAX_TEXT_BYTES = 8 * 1024 * 1024;

/** Twenty thousand logins, with thirty cells and lines of notes each. */
const MAX_CELLS = 600_000;

/** Every kind of JSON file, the most particular first. A new one is added here and nowhere else. */
const JSON_FILES: readonly AppFile[] = [
  aegis,
  twoFas,
  stratum,
  freeOtpPlus,
  bitwarden,
  proton,
  andOtp,
  raivo,
];

/** What was read from a file: its tokens, and for each one that could not be taken, why. */
export interface FileContent {
  readonly app: string;
  readonly drafts: readonly EnrollmentDraft[];
  readonly refusals: readonly string[];
}

/** What reading a file may need from outside. */
export interface FileReading {
  readonly askSecret: AskSecret;
  /** The texts of the QR codes in a picture. */
  readQrCodes(bytes: Buffer): Promise<readonly string[]>;
}

/**
 * The tokens in a file that another app exported, in a list of enrollment strings, or in a picture.
 * `source` names the file. Rejects with FobError `invalid` for a file that is none of these,
 * `denied` for a wrong password.
 */
export async function readAppFile(
  bytes: Buffer,
  source: string,
  reading: FileReading,
): Promise<FileContent> {
  if (readPictureHeader(bytes)) {
    return readStrings(t("a picture"), await reading.readQrCodes(bytes), new Effort());
  }
  if (bytes.length > MAX_TEXT_BYTES) {
    throw new FobError(
      "invalid",
      t`${source} is larger than ${MAX_TEXT_BYTES / 2 ** 20} MiB, and no picture`,
    );
  }
  const text = decodeText(bytes, source, knownFiles()).trim();
  const effort = new Effort();
  if (identify(text) === pskc)
    return { app: "PSKC", ...(await readContainer(text, reading.askSecret, effort)) };
  const found =
    (await readKnown(parseJson(text), reading.askSecret, effort)) ??
    (await readTable(await parseCsv(text), effort)) ??
    (await readList(text, effort));
  if (found) return found;
  throw new FobError("invalid", t`${source} is not a file that fob knows`, { hint: knownFiles() });
}

function knownFiles(): string {
  return t`known are the exports of ${apps().join(", ")}, key containers (PSKC), lists of enrollment strings, and pictures of QR codes`;
}

async function readContainer(text: string, askSecret: AskSecret, effort: Effort) {
  const { readPskc } = await import("#enrollment/pskc/read-pskc.ts");
  return readPskc(text, askSecret, effort);
}

function apps(): string[] {
  return [...new Set([...JSON_FILES.map(({ app }) => app), ...CSV_APPS])];
}

async function readKnown(
  content: unknown,
  askSecret: AskSecret,
  effort: Effort,
): Promise<FileContent | null> {
  if (content === null) return null;
  for (const { id, app, read } of JSON_FILES) {
    const entries = await read(content, askSecret, effort);
    if (entries) return readEntries(app, entries, (entry) => draftsOf(entry, id, effort));
  }
  return null;
}

async function readTable(table: Table | null, effort: Effort): Promise<FileContent | null> {
  const found = table && readCsvExport(table);
  return (
    found && readEntries(found.app, found.logins, (login) => draftsOf(login, found.id, effort))
  );
}

/** One enrollment string a line, as Ente and many others write them. */
async function readList(text: string, effort: Effort): Promise<FileContent | null> {
  const lines = readLines(text).map((line) => line.text);
  return lines.some((line) => /^[a-z-]+:\/\//i.test(line))
    ? readStrings(t("a list"), lines, effort)
    : null;
}

function readStrings(
  app: string,
  strings: readonly string[],
  effort: Effort,
): Promise<FileContent> {
  return readEntries(app, strings, (text) => recognize(text, undefined, effort));
}

async function readEntries<Entry extends AppEntry | AppLogin | string>(
  app: string,
  entries: readonly Entry[],
  read: (entry: Entry) => Promise<EnrollmentDraft[]>,
): Promise<FileContent> {
  refuseTooMany(entries.length);
  const drafts: EnrollmentDraft[] = [];
  const refusals: string[] = [];
  for (const [i, entry] of entries.entries()) {
    try {
      drafts.push(...(await read(entry)).map(refuseTwoStep));
    } catch (error) {
      if (!(error instanceof FobError)) throw error;
      refusals.push(t`${describe(entry, i)}: ${error.message}`);
    }
    // one entry may be a code that holds many
    refuseTooMany(drafts.length);
  }
  return { app, drafts, refusals };
}

function refuseTooMany(count: number): void {
  if (count > MAX_ENTRIES)
    throw new FobError("invalid", t`the file has more than ${MAX_ENTRIES} entries`);
}

/**
 * Its issuer needs a part of the secret that is made here, and shown once. A list of many is no
 * place for that.
 */
function refuseTwoStep(draft: EnrollmentDraft): EnrollmentDraft {
  if (draft.clientPart === undefined) return draft;
  throw new FobError(
    "invalid",
    t(
      "it is enrolled in two steps, and its issuer needs the part that is made here: `fob enroll` shows it",
    ),
  );
}

/** A string is named by its number alone: it is a secret. */
function describe(entry: AppEntry | AppLogin | string, index: number): string {
  const given = typeof entry === "string" ? [] : [entry.issuer, entry.account];
  const names = given.flatMap((name) => shortenName(name ?? "") ?? []);
  return names.length === 0 ? t`entry ${index + 1}` : names.join(":");
}

async function parseCsv(text: string): Promise<Table | null> {
  const header = text.slice(0, text.search(/[\r\n]|$/));
  if (!/totp/i.test(header) || !header.includes(",")) return null;
  refuseLargeTable(text);
  const { parse } = await import("csv-parse/sync");
  try {
    const [columns = [], ...rows]: string[][] = parse(text, {
      relax_column_count: true,
      skip_empty_lines: true,
      to: MAX_ENTRIES + 2,
    });
    return { columns, rows };
  } catch (cause) {
    throw new FobError("invalid", t("the file begins like CSV, and is damaged"), { cause });
  }
}

/** Every cell ends with a comma or a line, and costs a parser many times its bytes. */
function refuseLargeTable(text: string): void {
  let count = 0;
  for (let i = 0; i < text.length; i++) {
    const code = text.charCodeAt(i);
    if (code === 0x2c || code === 0x0a || code === 0x0d) count++;
  }
  if (count > MAX_CELLS)
    throw new FobError("invalid", t`the file holds more than ${MAX_CELLS} cells`);
}
