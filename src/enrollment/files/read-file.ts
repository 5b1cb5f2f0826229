import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { judgeEnd } from "#enrollment/cut-list.ts";
import type { EnrollmentDraft } from "#enrollment/draft.ts";
import { Effort } from "#enrollment/effort.ts";
import { bareSecret, isMarkedSecret } from "#enrollment/formats/bare-secret.ts";
import { isKeePass } from "#enrollment/keepass/kdbx-header.ts";
import { type Line, readLines, refuseTooMany } from "#enrollment/lines.ts";
import { mend } from "#enrollment/mending.ts";
import type { Opening } from "#enrollment/passphrase.ts";
import { readPictureHeader } from "#enrollment/picture/picture-header.ts";
import { identify, type RecognizedToken, recognizeEach } from "#enrollment/recognize.ts";
import { shortenName } from "#token/clean-name.ts";
import type { OtpCredential } from "#token/credential.ts";
import type { AskSecret, ParsedToken } from "#token/draft/parsed-token.ts";
import { decodeText } from "#token/text-encoding.ts";
import { draftsOf } from "./app-drafts.ts";
import type { AppFormat, AppItem, TokenItem } from "./app-file.ts";
import { APP_FORMATS, type FormatId } from "./app-formats.ts";
import { besideInEnte } from "./ente.ts";
import { ForeignFile } from "./foreign-file.ts";
import { countLeftBehind, type LeftBehind } from "./left-behind.ts";
import { refuseOtherPrograms } from "./other-programs.ts";
import { isZip, readZip } from "./zip-archive.ts";

/** The largest file of another app that is read, in bytes. */
export const MAX_APP_FILE_BYTES = 64 * 1024 * 1024;

/** The largest one that is no picture: parsing takes many times the memory. */
const MAX_TEXT_BYTES = 8 * 1024 * 1024;

/** The largest database with attachments: it is opened in several steps. */
const MAX_DATABASE_BYTES = 24 * 1024 * 1024;

const FORMATS: readonly (AppFormat & { readonly id: FormatId })[] = APP_FORMATS;

type FileDraft = EnrollmentDraft<OtpCredential, FormatId>;

/** What was read from a file: its tokens, and for each one that could not be taken, why. */
export interface FileContent {
  readonly app: string;
  readonly drafts: readonly FileDraft[];
  readonly refusals: readonly string[];
  /** How much of the file is not taken over: entries without a token, groups, tags, notes. */
  readonly remarks: readonly string[];
}

/** What reading a file may need from outside. */
export interface FileReading {
  readonly askSecret: AskSecret;
  /** What opens a database together with its password, where such a file was given. */
  readonly keyFile?: Buffer;
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
  refuseOtherPrograms(bytes, source);
  if (reading.keyFile && !isKeePass(bytes)) {
    throw new FobError(
      "usage",
      t`${source} is no database of KeePass, and a key file opens nothing else`,
    );
  }
  if (isZip(bytes)) return readArchive(bytes, source, reading.askSecret);
  if (bytes.length > (isKeePass(bytes) ? MAX_DATABASE_BYTES : MAX_TEXT_BYTES)) {
    throw new FobError(
      "invalid",
      isKeePass(bytes)
        ? t`${source} is larger than ${MAX_DATABASE_BYTES / 2 ** 20} MiB`
        : t`${source} is larger than ${MAX_TEXT_BYTES / 2 ** 20} MiB, and no picture`,
    );
  }
  const { text, linesBefore, failure } = textOf(bytes, source);
  const file = new ForeignFile(bytes, text, reading.keyFile);
  const opening = { askSecret: reading.askSecret, effort: new Effort() };
  const found = await readText(file, linesBefore, opening);
  if (found) return found;
  if (failure) throw failure;
  if (text === "") throw new FobError("invalid", t`${source} is empty`);
  throw new FobError("invalid", t`${source} is not a file that fob knows`, { hint: knownFiles() });
}

/** `linesBefore` is how many empty lines were in front of the file's text. */
async function readText(
  file: ForeignFile,
  linesBefore: number,
  { askSecret, effort }: Opening,
): Promise<FileContent | null> {
  return (
    (await readContainer(file.text, askSecret, effort)) ??
    (await readKnown(file, askSecret, effort)) ??
    (await readList(file, linesBefore, effort))
  );
}

/** The first file of a zip archive that is known: apps put one there. */
async function readArchive(
  bytes: Buffer,
  source: string,
  askSecret: AskSecret,
): Promise<FileContent> {
  const opening = { askSecret, effort: new Effort() };
  for (const content of await readZip(bytes, opening)) {
    const { text, linesBefore } = textOf(content, source);
    const found = text && (await readText(new ForeignFile(content, text), linesBefore, opening));
    if (found) return found;
  }
  throw new FobError("invalid", t`${source} is an archive without a file that fob knows`, {
    hint: knownFiles(),
  });
}

function knownFiles(): string {
  return t`known are the exports of ${apps().join(", ")}, key containers (PSKC), lists of enrollment strings, and pictures of QR codes`;
}

/** The text of the bytes, or the reason why fob cannot read them as text. */
function textOf(bytes: Buffer, source: string) {
  try {
    const whole = decodeText(bytes, source, knownFiles());
    const before = whole.slice(0, whole.length - whole.trimStart().length);
    const linesBefore = before.split("\n").length - 1;
    return { text: withoutSpaceAround(whole), linesBefore, failure: null };
  } catch (error) {
    if (!(error instanceof FobError)) throw error;
    return { text: "", linesBefore: 0, failure: error };
  }
}

/** Tabs at the end are the empty cells of a last row. */
function withoutSpaceAround(text: string): string {
  const start = text.trimStart();
  const end = start.trimEnd().length;
  return start.slice(0, end) + (/^\t+/.exec(start.slice(end))?.[0] ?? "");
}

function apps(): string[] {
  return [...new Set(APP_FORMATS.map(({ app }) => app))];
}

/** A file that is one enrollment string of many tokens. */
async function readContainer(
  text: string,
  askSecret: AskSecret,
  effort: Effort,
): Promise<FileContent | null> {
  const format = identify(text);
  if (!format?.isMultiline || !("many" in format) || !format.many) return null;
  const { drafts, refusals } = await format.many.parse(text, askSecret, effort);
  const named = drafts.map((draft) => ({ ...draft, format: format.id }));
  return { app: format.many.name, drafts: named, refusals, remarks: [] };
}

async function readKnown(
  file: ForeignFile,
  askSecret: AskSecret,
  effort: Effort,
): Promise<FileContent | null> {
  for (const { id, app, read } of FORMATS) {
    const entries = await read(file, askSecret, effort);
    if (entries === null) continue;
    const found = await readItems(app, id, entries, effort);
    const content = file.isTable ? judged(file, found) : found;
    const { missingEnd } = file;
    return missingEnd === null
      ? content
      : { ...content, refusals: [...content.refusals, missingEnd] };
  }
  return null;
}

/** The tokens among what stands in a file, or in what takes its place; each entry stands alone. */
export async function readItems(
  app: string,
  id: FormatId,
  items: readonly AppItem[],
  effort: Effort,
): Promise<FileContent> {
  const { items: tokens, remarks } = countLeftBehind(items);
  const content = await readEntries(app, tokens, (entry) => draftsOf(entry, id, effort));
  return { ...content, remarks };
}

/** One enrollment string a line, as Ente and many others write them. */
async function readList(
  { bytes, text }: ForeignFile,
  linesBefore: number,
  effort: Effort,
): Promise<FileContent | null> {
  const lines = readLines(text);
  if (!lines.some((line) => /^[a-z-]+:\/\//i.test(mend(line.text).text))) return null;
  const numbered = lines.map((line) => ({ ...line, number: line.number + linesBefore }));
  return judged({ bytes, text }, await readStrings(t("a list"), numbered, effort));
}

/** Findings about the end of a list, where its last line has none. */
function judged(
  { bytes, text }: Pick<ForeignFile, "bytes" | "text">,
  content: FileContent,
): FileContent {
  // the text has no space around it; in UTF-16, a zero follows
  const isEnded = bytes.subarray(-2).includes("\n".charCodeAt(0));
  return isEnded ? content : { ...content, drafts: judgeEnd(text, content.drafts) };
}

async function readStrings(
  app: string,
  strings: readonly (string | Line)[],
  effort: Effort,
): Promise<FileContent> {
  const left: LeftBehind[] = [];
  const content = await readEntries(app, strings, async (string) => {
    const text = typeof string === "string" ? string : refuseUnmarked(string);
    const { tokens, refusals } = await recognizeEach(text, undefined, effort);
    return { drafts: withEnteDisplay(tokens, text, left), refusals };
  });
  return { ...content, remarks: countLeftBehind(left).remarks };
}

/**
 * The text of a line. Throws FobError `invalid` for what may be a secret without a name: a list has
 * headings and remarks, and words of Base32 letters are no token.
 */
function refuseUnmarked({ text }: Line): string {
  if (identify(text)?.id !== bareSecret.id || isMarkedSecret(mend(text).text)) return text;
  throw new FobError(
    "invalid",
    t("it is no enrollment string; a secret alone is enrolled with `fob enroll --name NAME -`"),
  );
}

/**
 * Tokens with what Ente keeps beside them; `left` gets those in its trash, and a note that is too
 * long to be kept.
 */
function withEnteDisplay(
  tokens: readonly RecognizedToken[],
  text: string,
  left: LeftBehind[],
): readonly RecognizedToken[] {
  const beside = besideInEnte(text);
  if (!beside) return tokens;
  if (beside.isTrashed) {
    left.push(...tokens.map(() => ({ leftBehind: "trash" }) as const));
    return [];
  }
  if (beside.isNoteLeft) left.push({ leftBehind: "note" });
  return tokens.map((token) => ({ ...token, ...beside.kept }));
}

async function readEntries<Entry extends TokenItem | Line | string>(
  app: string,
  entries: readonly Entry[],
  read: (entry: Entry) => Promise<Pick<FileContent, "drafts" | "refusals">>,
): Promise<FileContent> {
  refuseTooMany(entries.length);
  const drafts: FileDraft[] = [];
  const refusals: string[] = [];
  for (const [i, entry] of entries.entries()) {
    try {
      const found = await read(entry);
      drafts.push(...found.drafts.map(refuseTwoStep));
      refusals.push(...found.refusals.map((refusal) => t`${describe(entry, i)}: ${refusal}`));
    } catch (error) {
      if (!(error instanceof FobError)) throw error;
      refusals.push(t`${describe(entry, i)}: ${error.message}`);
    }
    // one entry may be a code that holds many
    refuseTooMany(drafts.length);
  }
  return { app, drafts, refusals, remarks: [] };
}

/**
 * Its issuer needs a part of the secret that is made here, and shown once. A list of many is no
 * place for that.
 */
function refuseTwoStep<Draft extends ParsedToken>(draft: Draft): Draft {
  if (draft.clientPart === undefined) return draft;
  throw new FobError(
    "invalid",
    t(
      "it is enrolled in two steps, and its issuer needs the part that is made here: `fob enroll` shows it",
    ),
  );
}

/** A string is named by its number alone: it is a secret. */
function describe(entry: TokenItem | Line | string, index: number): string {
  if (typeof entry === "string") return t`entry ${index + 1}`;
  if ("number" in entry) return t`line ${entry.number}`;
  const given = [entry.issuer, entry.account];
  const serial = "serial" in entry ? entry.serial : null;
  const names = (given.some(Boolean) ? given : [serial]).flatMap(
    (name) => shortenName(name ?? "") ?? [],
  );
  return names.length === 0 ? t`entry ${entry.position ?? index + 1}` : names.join(":");
}
