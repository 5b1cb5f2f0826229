import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { ownValue } from "#base/own-value.ts";
import { MAX_ENTRIES } from "#enrollment/lines.ts";
import { type Element, parseXml } from "#enrollment/pskc/xml.ts";
import { rootOf } from "#enrollment/pskc/xml-root.ts";
import { parseJson } from "#token/bounded-json.ts";
import { Table } from "./table.ts";

/** Twenty thousand logins, with thirty cells and lines of notes each. */
const MAX_CELLS = 600_000;

/** The longest first line of a table: fifty names of columns, and more. */
const MAX_HEADER = 8_192;

/** Spreadsheets of some countries write semicolons, and what is copied out of one has tabs. */
const DELIMITERS = [",", ";", "\t"] as const;

type Rows = readonly (readonly string[])[];

/** A text as CSV. */
interface CsvText {
  readonly body: string;
  readonly delimiter: string | null;
  readonly linesBefore: number;
}

/** What was read as CSV, and the line of a quote that nothing closes: rows end before it. */
interface Csv {
  readonly rows: Rows;
  readonly openLine: number | null;
}

/** A file of another program, in each of the shapes that its format may have. */
export class ForeignFile {
  readonly bytes: Buffer;
  /** The bytes as trimmed text; empty where they are not text. */
  readonly text: string;
  /** The file beside it that opens it together with a password, where one was given. */
  readonly keyFile: Buffer | null;
  #json: { readonly value: unknown } | null = null;
  #header: Promise<readonly string[]> | null = null;
  #csvText: CsvText | null = null;
  #csv: Promise<Csv> | null = null;
  #openLine: number | null = null;

  constructor(bytes: Buffer, text: string, keyFile: Buffer | null = null) {
    this.bytes = bytes;
    this.text = text;
    this.keyFile = keyFile;
  }

  /** What it is as JSON, or null. Throws FobError `invalid` for more than is read. */
  json(): unknown {
    this.#json ??= { value: parseJson(this.text) };
    return this.#json.value;
  }

  /** Whether it looks like CSV: its first line has cells, and it is neither JSON nor XML. */
  get isTable(): boolean {
    return !/^[[{<]/.test(this.text) && this.delimiter !== null;
  }

  /** What divides the cells of its first line, or null where nothing does. */
  get delimiter(): string | null {
    this.#csvText ??= readCsvText(this.text);
    return this.#csvText.delimiter;
  }

  /** Why the end of a table was not read, where that is so; known once its rows were. */
  get missingEnd(): string | null {
    if (this.#openLine === null) return null;
    return t`line ${this.#openLine}: a quote is not closed, so that this line and what follows cannot be read`;
  }

  /**
   * The table of a CSV file (RFC 4180) with the right columns, as `has` decides; null for every
   * other file. Names are compared in lower case. Rejects with FobError `invalid` for a table that
   * is damaged or too large.
   */
  async table(has: (columns: ReadonlySet<string>) => boolean): Promise<Table | null> {
    const columns = await this.#columns();
    if (columns.length < 2 || !has(new Set(columns))) return null;
    const rows = await this.rows();
    if (rows) return new Table(columns, rows.slice(1), this.#openLine === null);
    throw new FobError("invalid", t("the file begins like CSV, and is damaged"));
  }

  /**
   * The rows of a file that may be CSV, with the first row; null where it cannot be parsed. Rejects
   * with FobError `invalid` for a table that is too large.
   */
  async rows(): Promise<Rows | null> {
    if (!this.isTable) return null;
    this.#csvText ??= readCsvText(this.text);
    this.#csv ??= parseCsv(this.#csvText);
    const { rows, openLine } = await this.#csv;
    if (openLine !== null && rows.length < 2) return null;
    this.#openLine = openLine;
    return rows;
  }

  /**
   * The root element of an XML document, if it has this name; null for everything else. Rejects
   * with FobError `invalid` for one that is damaged or too large.
   */
  async xml(name: string): Promise<Element | null> {
    const root = rootOf(this.text);
    if (!root.startsWith(`<${name}`) || /[\w.:-]/.test(root[name.length + 1] ?? "")) return null;
    const document = await parseXml(this.text, { what: t("the file"), keepsPrefixes: false });
    const found = ownValue(document, name);
    return typeof found === "object" && !Array.isArray(found) ? (found as Element) : {};
  }

  async #columns(): Promise<readonly string[]> {
    if (!this.isTable) return [];
    this.#csvText ??= readCsvText(this.text);
    this.#header ??= parseHeader(this.#csvText);
    return this.#header;
  }
}

/** A first line that only says to spreadsheets what divides the cells. */
const SEPARATOR_LINE = /^"?sep=([,;\t])"?[^\S\r\n]*(?:\r\n|\r|\n|$)/i;

/** The text below such a line, and what divides its cells; null where nothing does. */
function readCsvText(text: string): CsvText {
  const [line = "", given] = SEPARATOR_LINE.exec(text.slice(0, MAX_HEADER)) ?? [];
  const body = text.slice(line.length);
  return { body, delimiter: given ?? delimiterOf(body), linesBefore: line === "" ? 0 : 1 };
}

/** The first line; empty where it is longer than one that names columns. */
function headerOf(text: string): string {
  const start = text.slice(0, MAX_HEADER + 1);
  const line = start.slice(0, start.search(/[\r\n]|$/));
  return line.length > MAX_HEADER ? "" : line;
}

/** What divides the cells of the first line that is no comment, or null where nothing does. */
function delimiterOf(text: string): string | null {
  const lines = text.slice(0, MAX_HEADER).split(/[\r\n]/);
  const line = lines.find((one) => one !== "" && !one.startsWith("#")) ?? "";
  const counts = DELIMITERS.map((delimiter) => line.split(delimiter).length - 1);
  const most = Math.max(...counts);
  return most === 0 ? null : (DELIMITERS[counts.indexOf(most)] ?? null);
}

/** The names of the columns in lower case; none for a line that is not CSV by itself. */
async function parseHeader({ body, delimiter }: CsvText): Promise<readonly string[]> {
  const { rows, openLine } = await parseRows(headerOf(body), delimiter);
  return openLine === null ? (rows[0] ?? []).map((name) => name.trim().toLowerCase()) : [];
}

async function parseCsv({ body, delimiter, linesBefore }: CsvText): Promise<Csv> {
  refuseLargeTable(body, delimiter ?? ",");
  const { rows, openLine } = await parseRows(body, delimiter);
  return { rows, openLine: openLine === null ? null : openLine + linesBefore };
}

/** Some programs leave a quote in an unquoted cell as it is, which hinders nothing. */
async function parseRows(text: string, delimiter: string | null): Promise<Csv> {
  const { parse } = await import("csv-parse/sync");
  const rows: string[][] = [];
  let bytesRead = 0;
  try {
    parse(text, {
      delimiter: delimiter ?? ",",
      relax_column_count: true,
      relax_quotes: true,
      skip_empty_lines: true,
      to: MAX_ENTRIES + 2,
      on_record: (row: string[], { bytes }) => {
        rows.push(row);
        bytesRead = bytes;
        return null;
      },
    });
    return { rows, openLine: null };
  } catch {
    // the parser has no other way to say that a quote is missing
    return { rows, openLine: lineAfter(Buffer.from(text), bytesRead) };
  }
}

/** The number of the first line with a text in it that begins at this byte, or after it. */
function lineAfter(bytes: Buffer, start: number): number {
  const isLine = (at: number) => bytes[at] === 0x0a || bytes[at] === 0x0d;
  let end = start;
  while (end < bytes.length && isLine(end)) end++;
  const before = bytes.toString("latin1", 0, end);
  return (before.match(/\r\n|\r|\n/g)?.length ?? 0) + 1;
}

/** Every cell ends with a delimiter or a line, and costs a parser many times its bytes. */
function refuseLargeTable(text: string, delimiter: string): void {
  const code = delimiter.charCodeAt(0);
  let count = 0;
  for (let i = 0; i < text.length; i++) {
    const found = text.charCodeAt(i);
    if (found === code || found === 0x0a || found === 0x0d) count++;
  }
  if (count > MAX_CELLS)
    throw new FobError("invalid", t`the file holds more than ${MAX_CELLS} cells`);
}
