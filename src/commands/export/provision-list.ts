import { FobError } from "#base/fob-error.ts";
import { t } from "#base/language.ts";
import { decodeText } from "#token/text-encoding.ts";
import { ORDER_FIELDS, type Order } from "./provision-order.ts";

/** One token of a list, and the line that it ends on. */
export interface ListedOrder {
  readonly line: number;
  readonly order: Order;
}

/**
 * The orders in a CSV file, one a line. Its first line names the columns, which are the fields of
 * an order; an empty cell is an absent field. `source` names the file. Throws FobError `invalid`
 * for any other file.
 */
export async function parseOrders(bytes: Buffer, source: string): Promise<ListedOrder[]> {
  const rows = await parseRows(bytes, source);
  const columns = Object.keys(rows[0]?.record ?? {});
  if (columns.length === 0)
    throw new FobError("invalid", t`${source} holds no line below the names of its columns`);
  const unknown = columns.find((column) => !ORDER_FIELDS.some((field) => field === column));
  if (unknown !== undefined) {
    throw new FobError(
      "invalid",
      t`${source} has a column ${JSON.stringify(unknown)}, which means nothing here`,
      {
        hint: t`columns are ${ORDER_FIELDS.join(", ")}`,
      },
    );
  }
  return rows.map(({ record, info }) => ({
    line: info.lines,
    order: Object.fromEntries(Object.entries(record).filter(([, cell]) => cell !== "")),
  }));
}

interface Row {
  readonly record: Readonly<Record<string, string>>;
  readonly info: { readonly lines: number };
}

async function parseRows(bytes: Buffer, source: string): Promise<Row[]> {
  const { parse } = await import("csv-parse/sync");
  const text = decodeText(bytes, source);
  try {
    return parse(text, {
      columns: (names: string[]) =>
        refuseRepeated(
          names.map((name) => name.trim().toLowerCase()),
          source,
        ),
      info: true,
      skip_empty_lines: true,
      trim: true,
    }) as unknown as Row[];
  } catch (cause) {
    if (cause instanceof FobError) throw cause;
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw new FobError("invalid", t`${source} is not CSV: ${reason}`, { cause });
  }
}

/** Which of two cells counts would be a guess. */
function refuseRepeated(columns: string[], source: string): string[] {
  const repeated = columns.find((column, i) => columns.indexOf(column) < i);
  if (repeated === undefined) return columns;
  throw new FobError("invalid", t`${source} has two columns ${JSON.stringify(repeated)}`);
}
