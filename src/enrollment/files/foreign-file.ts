import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { MAX_ENTRIES } from "#enrollment/lines.ts";
import { rootOf } from "#enrollment/pskc/pskc.ts";
import { type Element, parseXml } from "#enrollment/pskc/xml.ts";
import { parseJson } from "#token/bounded-json.ts";
import { Table } from "./table.ts";

/** Twenty thousand logins, with thirty cells and lines of notes each. */
const MAX_CELLS = 600_000;

/** The longest first line of a table: fifty names of columns, and more. */
const MAX_HEADER = 8_192;

/** Spreadsheets of some countries write semicolons. */
const DELIMITERS = [",", ";"] as const;

type Rows = readonly (readonly string[])[];

/** A file of another program, in each of the shapes that its format may have. */
export class ForeignFile {
  readonly bytes: Buffer;
  /** The bytes as trimmed text; empty where they are not text. */
  readonly text: string;
  /** The file beside it that opens it together with a password, where one was given. */
  readonly keyFile: Buffer | null;
  #json: { readonly value: unknown } | null = null;
  #header: Promise<readonly string[]> | null = null;
  #rows: Promise<Rows | null> | null = null;

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
    return !/^[[{<]/.test(this.text) && delimiterOf(this.text) !== null;
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
    if (rows) return new Table(columns, rows.slice(1));
    throw new FobError("invalid", t("the file begins like CSV, and is damaged"));
  }

  /**
   * The rows of a file that may be CSV, with the first row; null where it cannot be parsed. Rejects
   * with FobError `invalid` for a table that is too large.
   */
  rows(): Promise<Rows | null> {
    this.#rows ??= this.isTable ? parseCsv(this.text) : Promise.resolve(null);
    return this.#rows;
  }

  /**
   * The root element of an XML document, if it has this name; null for everything else. Rejects
   * with FobError `invalid` for one that is damaged or too large.
   */
  async xml(name: string): Promise<Element | null> {
    const root = rootOf(this.text);
    if (!root.startsWith(`<${name}`) || /[\w.:-]/.test(root[name.length + 1] ?? "")) return null;
    const document = await parseXml(this.text, { what: t("the file"), keepsPrefixes: false });
    const found = document[name];
    return typeof found === "object" && !Array.isArray(found) ? (found as Element) : {};
  }

  async #columns(): Promise<readonly string[]> {
    this.#header ??= this.isTable ? parseHeader(this.text) : Promise.resolve([]);
    return this.#header;
  }
}

/** The first line; empty where it is too long for a line of column names. */
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

/** The names of the columns in lower case; none for a line that is not CSV. */
async function parseHeader(text: string): Promise<readonly string[]> {
  const [row = []] = (await parseRows(headerOf(text), delimiterOf(text))) ?? [];
  return row.map((name) => name.trim().toLowerCase());
}

async function parseCsv(text: string): Promise<Rows | null> {
  const delimiter = delimiterOf(text);
  refuseLargeTable(text, delimiter ?? ",");
  return parseRows(text, delimiter);
}

/** Quotes in unquoted cells are accepted, because some programs write them. */
async function parseRows(text: string, delimiter: string | null): Promise<string[][] | null> {
  const { parse } = await import("csv-parse/sync");
  try {
    return parse(text, {
      delimiter: delimiter ?? ",",
      relax_column_count: true,
      relax_quotes: true,
      skip_empty_lines: true,
      to: MAX_ENTRIES + 2,
    });
  } catch {
    // any error of the parser means that a quote is missing
    return null;
  }
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
