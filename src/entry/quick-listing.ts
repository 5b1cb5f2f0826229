import { escapeControls, jsonLine, listPieces } from "#cli/output/json.ts";
import { viewToken } from "#commands/tokens/token-view.ts";
import { readCell } from "#vault/cells/cell.ts";
import { type LastUses, lastUses } from "#vault/tokens/last-uses.ts";
import {
  decodeRow,
  hasNews,
  type IndexEntry,
  type IndexLines,
  indexLines,
  type Kind,
  kindOfLine,
  parseRow,
  textsInLine,
} from "#vault/tokens/token-index.ts";
import { isWiped } from "#vault/tokens/token-record.ts";
import type { Vault } from "#vault/vault.ts";
import { openAtOnce } from "./quick-answers.ts";
import { keepMemorySmall } from "./quick-memory.ts";

/** What fills the gaps in a {@link rowPrinter}'s text. No name has it. */
const GAP = "\0";

/** What `fob list --json` prints, in pieces, where a vault with tokens opens with its key file alone. Null for everything else. */
export async function listing(): Promise<{ readonly pieces: Iterable<string> } | null> {
  try {
    const vault = await openAtOnce();
    return vault && (await listRows(vault));
  } catch {
    // the whole program says what is wrong
    return null;
  }
}

async function listRows(vault: Vault): Promise<{ readonly pieces: Iterable<string> } | null> {
  const bytes = readCell(vault.indexCell());
  const index = indexLines(bytes);
  if (bytes === null || index.kinds.length === 0) return null;
  await keepMemorySmall(bytes);
  const uses = lastUses(vault);
  // all that can fail comes before the first piece is printed
  return { pieces: listPieces(printRows(index, uses, printChanging(vault, index, uses))) };
}

/** What tokens print whose records know more than the index, in their order. Throws for one that is damaged, or not there. */
function printChanging(vault: Vault, { kinds, lines }: IndexLines, uses: LastUses): readonly string[] {
  const changing = kinds.map(hasNews);
  const printed: string[] = [];
  for (const line of changing.includes(true) ? lines : []) {
    if (changing[kindOfLine(line)]) printed.push(printCurrent(vault, decodeRow(parseRow(line), kinds), uses));
  }
  return printed;
}

function printCurrent(vault: Vault, entry: IndexEntry, uses: LastUses): string {
  const record = vault.read(entry.id);
  const { credential, accessDomain } = record.token;
  return jsonLine(viewToken({ ...entry, credential, accessDomain }, uses.of(entry.id), isWiped(record)));
}

function* printRows({ kinds, lines }: IndexLines, uses: LastUses, changing: Iterable<string>): Generator<string> {
  const current = changing[Symbol.iterator]();
  const printers = kinds.map((kind) => (hasNews(kind) ? () => current.next().value : rowPrinter(kind)));
  for (const line of lines) {
    const printed = printers[kindOfLine(line)]?.(line, uses);
    if (printed) yield printed;
  }
}

/** Prints tokens of one kind: most of their text is the same, and made once from the view of one that has gaps. */
function rowPrinter(kind: Kind): (line: string, uses: LastUses) => string {
  const own = { id: GAP, name: GAP, issuer: GAP, account: GAP, serial: GAP };
  const view = viewToken({ ...own, ...kind, favorite: false, enrolledAt: new Date(0) }, null);
  const texts = jsonLine({ ...view, favorite: GAP, enrolledAt: GAP, lastUsedAt: GAP }).split(jsonLine(GAP));
  const [t0, t1, t2, t3, t4, t5, t6, t7, t8] = texts;
  const [enrolled, used] = [timePrinter(), timePrinter()];
  return (line, uses) => {
    const [id = "", name, issuer, account, serial, favorite, time] = textsInLine(escapeControls(line));
    const who = `${t0}${id}${t1}${name}${t2}${issuer}${t3}${account}${t4}${serial}`;
    const lastUse = used(uses.of(id.slice(1, -1))?.getTime() ?? null);
    return `${who}${t5}${favorite}${t6}${enrolled(Number(time))}${t7}${lastUse}${t8}`;
  };
}

/** Prints times, in milliseconds since 1970. Tokens that came together, or were used together, have the same one after another. */
function timePrinter(): (time: number | null) => string {
  let last: number | null = null;
  let printed = jsonLine(null);
  return (time) => {
    if (time !== last) printed = jsonLine(time === null ? null : new Date(time));
    last = time;
    return printed;
  };
}
