import { FobError } from "../../fob-error.ts";
import { t } from "../../language.ts";
import type { AskSecret, EnrollmentDraft } from "../draft.ts";
import { MAX_ENTRIES, readLines } from "../lines.ts";
import { readPictureHeader } from "../picture-header.ts";
import { pskc } from "../pskc/pskc.ts";
import { identify, recognize } from "../recognize.ts";
import { aegis } from "./aegis.ts";
import { type AppEntry, type AppFile, type AppLogin, draftOf } from "./app-file.ts";
import { parseJson } from "./json.ts";
import { andOtp, freeOtpPlus, proton, raivo, stratum } from "./json-apps.ts";
import { bitwarden, csvExports } from "./password-managers.ts";
import { twoFas } from "./two-fas.ts";

/** The largest file of another app that is read, in bytes. */
export const MAX_APP_FILE_BYTES = 64 * 1024 * 1024;

/** The largest one that is no picture: parsing takes many times the memory. */
const MAX_TEXT_BYTES = 8 * 1024 * 1024;

/** Every kind of JSON file, the most particular first. A new one is added here and nowhere else. */
const JSON_FILES: readonly AppFile[] = [aegis, twoFas, stratum, freeOtpPlus, bitwarden, proton, andOtp, raivo];

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
 * The tokens in a file that another app exported, in a list of enrollment strings, or in a picture. `source` names the file. Rejects with
 * FobError `invalid` for a file that is none of these, `denied` for a wrong password.
 */
export async function readAppFile(bytes: Buffer, source: string, reading: FileReading): Promise<FileContent> {
  if (readPictureHeader(bytes)) return readStrings(t("a picture"), await reading.readQrCodes(bytes));
  if (bytes.length > MAX_TEXT_BYTES) {
    throw new FobError("invalid", t`${source} is larger than ${MAX_TEXT_BYTES / 2 ** 20} MiB, and no picture`);
  }
  const text = bytes
    .toString("utf8")
    .replace(/^\ufeff/, "")
    .trim();
  if (identify(text) === pskc) return { app: "PSKC", ...(await readContainer(text, reading.askSecret)) };
  const found =
    (await readKnown(JSON_FILES, parseJson(text), reading.askSecret)) ??
    (await readKnown(csvExports, await parseCsv(text), reading.askSecret)) ??
    (await readList(text));
  if (found) return found;
  throw new FobError("invalid", t`${source} is not a file that fob knows`, {
    hint: t`known are the exports of ${apps().join(", ")}, key containers (PSKC), lists of enrollment strings, and pictures of QR codes`,
  });
}

async function readContainer(text: string, askSecret: AskSecret) {
  const { readPskc } = await import("../pskc/read-pskc.ts");
  return readPskc(text, askSecret);
}

function apps(): string[] {
  return [...new Set([...JSON_FILES, ...csvExports].map(({ app }) => app))];
}

async function readKnown(
  files: readonly AppFile[],
  content: unknown,
  askSecret: AskSecret,
): Promise<FileContent | null> {
  if (content === null) return null;
  for (const { id, app, read } of files) {
    const entries = await read(content, askSecret);
    if (entries) return readEntries(app, entries, (entry) => draftOf(entry, id).then((draft) => [draft]));
  }
  return null;
}

/** One enrollment string a line, as Ente and many others write them. */
async function readList(text: string): Promise<FileContent | null> {
  const lines = readLines(text).map((line) => line.text);
  return lines.some((line) => /^[a-z-]+:\/\//i.test(line)) ? readStrings(t("a list"), lines) : null;
}

function readStrings(app: string, strings: readonly string[]): Promise<FileContent> {
  return readEntries(app, strings, (text) => recognize(text));
}

async function readEntries<Entry extends AppEntry | AppLogin | string>(
  app: string,
  entries: readonly Entry[],
  read: (entry: Entry) => Promise<EnrollmentDraft[]>,
): Promise<FileContent> {
  if (entries.length > MAX_ENTRIES) {
    throw new FobError("invalid", t`the file has more than ${MAX_ENTRIES} entries`);
  }
  const drafts: EnrollmentDraft[] = [];
  const refusals: string[] = [];
  for (const [i, entry] of entries.entries()) {
    try {
      drafts.push(...(await read(entry)));
    } catch (error) {
      if (!(error instanceof FobError)) throw error;
      refusals.push(t`${describe(entry, i)}: ${error.message}`);
    }
  }
  return { app, drafts, refusals };
}

/** A string is named by its number alone: it is a secret. */
function describe(entry: AppEntry | AppLogin | string, index: number): string {
  const names = typeof entry === "string" ? [] : [entry.issuer, entry.account].filter(Boolean);
  return names.length === 0 ? t`entry ${index + 1}` : names.join(":");
}

async function parseCsv(text: string): Promise<unknown> {
  const header = text.slice(0, text.search(/[\r\n]|$/));
  if (!/totp/i.test(header) || !header.includes(",")) return null;
  const { parse } = await import("csv-parse/sync");
  try {
    return parse(text, { columns: true, relax_column_count: true, skip_empty_lines: true, to: MAX_ENTRIES + 1 });
  } catch (cause) {
    throw new FobError("invalid", t("the file begins like CSV, and is damaged"), { cause });
  }
}
