import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { MAX_ENTRIES } from "#enrollment/lines.ts";
import { parseJson } from "#token/bounded-json.ts";

/** Twenty thousand logins, with thirty cells and lines of notes each. */
const MAX_CELLS = 600_000;

/** A table as its file has it: the names of its columns, and the cells of each row. */
export interface Table {
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** A file of another program, in each of the shapes that its format may have. */
export class ForeignFile {
  readonly bytes: Buffer;
  readonly #text: string;
  #json: { readonly value: unknown } | null = null;
  #table: Promise<Table | null> | null = null;

  /** `text` is what `bytes` says; empty where it is no text. */
  constructor(bytes: Buffer, text: string) {
    this.bytes = bytes;
    this.#text = text;
  }

  /** What it is as JSON, or null. Throws FobError `invalid` for more than is read. */
  json(): unknown {
    this.#json ??= { value: parseJson(this.#text) };
    return this.#json.value;
  }

  /**
   * What it is as CSV with a column for secrets, or null. Rejects with FobError `invalid` for a
   * damaged or too large table.
   */
  async table(): Promise<Table | null> {
    if (this.json() !== null) return null;
    this.#table ??= parseCsv(this.#text);
    return this.#table;
  }
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
