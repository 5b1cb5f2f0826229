import { jsonLine, listPieces } from "./cli/json.ts";
import { readListed } from "./commands/lookup.ts";
import { viewToken } from "./commands/token-view.ts";
import { openAtOnce } from "./quick-answers.ts";
import { keepMemorySmall } from "./quick-memory.ts";
import { readCell } from "./vault/cell.ts";
import { type LastUses, lastUses } from "./vault/last-uses.ts";
import {
  decodeRow,
  type IndexEntry,
  type IndexLines,
  type IndexRow,
  indexLines,
  isCounting,
  type Kind,
  kindOfLine,
  parseRow,
} from "./vault/token-index.ts";
import type { Vault } from "./vault/vault.ts";

/** What fills the gaps in a {@link rowPrinter}'s text. No name has it. */
const GAP = "\0";

/** What `fob list --json` prints, in pieces, where a vault with tokens opens with its key file alone. Null for everything else. */
export async function listing(): Promise<{ readonly pieces: Iterable<string> } | null> {
  try {
    const vault = openAtOnce();
    return vault && (await listRows(vault));
  } catch {
    // the whole program says what is wrong
    return null;
  }
}

async function listRows(vault: Vault): Promise<{ readonly pieces: Iterable<string> } | null> {
  const index = indexLines(readCell(vault.indexCell()));
  if (index.lines.length === 0) return null;
  await keepMemorySmall(index.lines.length);
  const uses = lastUses(vault);
  // all that can fail comes before the first piece is printed
  return { pieces: listPieces(printRows(index, uses, countingTokens(vault, index, uses))) };
}

/** The index does not follow counters: what those tokens print, by the lines that list them; empty for one that is being removed or restored. */
function countingTokens(vault: Vault, { kinds, lines }: IndexLines, uses: LastUses): ReadonlyMap<string, string> {
  const counting = new Set(kinds.flatMap((kind, number) => (isCounting(kind) ? [number] : [])));
  const listed = lines.filter((line) => counting.has(kindOfLine(line)));
  return new Map(listed.map((line) => [line, printCurrent(vault, decodeRow(parseRow(line), kinds), uses)]));
}

function printCurrent(vault: Vault, entry: IndexEntry, uses: LastUses): string {
  const record = readListed(vault, entry.id);
  if (!record) return "";
  const { credential, accessDomain } = record.token;
  return jsonLine(viewToken({ ...entry, credential, accessDomain }, uses.of(entry.id)));
}

function* printRows({ kinds, lines }: IndexLines, uses: LastUses, known: ReadonlyMap<string, string>) {
  const printers = kinds.map(rowPrinter);
  for (const line of lines) {
    const printed = known.get(line) ?? printers[kindOfLine(line)]?.(parseRow(line), uses);
    if (printed) yield printed;
  }
}

/** Prints tokens of one kind: most of their text is the same, and made once from the view of one that has gaps. */
function rowPrinter(kind: Kind): (row: IndexRow, uses: LastUses) => string {
  const own = { id: GAP, name: GAP, issuer: GAP, account: GAP, serial: GAP };
  const view = viewToken({ ...own, ...kind, favorite: false, enrolledAt: new Date(0) }, null);
  const texts = jsonLine({ ...view, favorite: GAP, enrolledAt: GAP, lastUsedAt: GAP }).split(jsonLine(GAP));
  const [t0, t1, t2, t3, t4, t5, t6, t7, t8] = texts;
  return (row, uses) => {
    const [issuer, account, serial] = [jsonLine(row[3]), jsonLine(row[4]), jsonLine(row[5])];
    const who = `${t0}"${row[1]}"${t1}${jsonLine(row[2])}${t2}${issuer}${t3}${account}${t4}${serial}`;
    const lastUse = jsonLine(uses.of(row[1]));
    return `${who}${t5}${row[6]}${t6}${jsonLine(new Date(row[7]))}${t7}${lastUse}${t8}`;
  };
}
