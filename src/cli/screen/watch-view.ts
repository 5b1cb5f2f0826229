import { type Text, type Texts, t, translated } from "#base/language.ts";
import { sayingWhen } from "#cli/output/moments.ts";
import type { Style } from "#cli/output/style.ts";
import { cutWidth, displayWidth, fillWidth, wrapItems, wrapWhole } from "#cli/output/width.ts";
import { groupPasscode } from "./passcode-groups.ts";
import type { ScreenSize } from "./terminal-screen.ts";
import type { WatchedCode, WatchedToken, WatchState } from "./watch-state.ts";

/** What the list is for: passcodes are looked at and copied, or a token is picked. */
export type Use = { readonly kind: "watch" } | { readonly kind: "pick"; readonly question: string };

/** The content of the screen of passcodes. */
export interface WatchView {
  readonly state: WatchState;
  /** The tokens that the search finds, best first. */
  readonly found: readonly WatchedToken[];
  readonly total: number;
  readonly now: Date;
  readonly use: Use;
  /** A remark or question; empty when there is none. */
  readonly message: string;
}

/**
 * A passcode with at most this many seconds left is marked, and the next one is shown beside it.
 */
export const ENDING_SECONDS = 5;

/** The rows around the tokens: search line and empty line above, remark and keys below. */
const FRAME_ROWS = 4;

const NARROWEST_LABEL = 10;
const COUNTDOWN = 4;
const MASK = "••• •••";
const WHY_MASKED: Readonly<Record<Use["kind"], Texts>> = {
  watch: {
    PIN: "needs its PIN",
    counter: "event-based: Tab makes one",
    list: "list: Tab gives the next one",
    question: "asks before it is used",
  },
  pick: {
    PIN: "needs its PIN",
    counter: "event-based",
    list: "list",
    question: "asks before it is used",
  },
};
/** The same where there is little room. */
const WHY_IN_SHORT: Texts = { PIN: "PIN", counter: "counter", list: "list", question: "asks" };
/** The keys, the most important first: those that do not fit are left out. */
const KEYS: Readonly<Record<Use["kind"], readonly Text[]>> = {
  watch: ["type to search", "Enter copies", "Tab shows", "Esc leaves"],
  pick: ["type to search", "Enter chooses", "Esc leaves"],
};
/** The question of a search without another question. */
const SEARCH: Text = "Search:";

/** The widths of the columns, in cells. */
interface Columns {
  readonly label: number;
  readonly code: number;
  readonly bar: number;
  readonly hasNext: boolean;
}

/** How many tokens fit on a screen of this size. */
export function pageSize({ rows }: ScreenSize): number {
  return hasFrame(rows) ? rows - FRAME_ROWS : Math.max(1, rows);
}

function hasFrame(rows: number): boolean {
  return rows > FRAME_ROWS;
}

/** The page of found tokens that includes the selected one. */
export function visibleTokens(
  { state, found }: Pick<WatchView, "state" | "found">,
  size: ScreenSize,
): readonly WatchedToken[] {
  const page = pageSize(size);
  const first = Math.floor(state.selected / page) * page;
  return found.slice(first, first + page);
}

/** The lines of the screen, cut to its width. No information is in colours alone. */
export function viewWatch(view: WatchView, size: ScreenSize, style: Style): string[] {
  const { found, now, message, use } = view;
  const shown = visibleTokens(view, size);
  const columns = chooseColumns(found, size.columns);
  const selected = found[view.state.selected];
  const rows =
    found.length === 0
      ? [cutWidth(`  ${t("nothing is found")}`, size.columns)]
      : shown.map((token) =>
          viewToken(
            token,
            { columns, isSelected: token === selected, now, use },
            size.columns,
            style,
          ),
        );
  if (!hasFrame(size.rows)) return message ? [cutWidth(message, size.columns)] : rows;
  return [
    viewHead(view, size.columns, style),
    "",
    ...rows,
    ...Array.from({ length: pageSize(size) - rows.length }, () => ""),
    ...viewFoot(message || aboutSelected(selected, columns, now), use, size.columns, style),
  ];
}

/** The question, what was typed of the search, and where among the found tokens one is selected. */
function viewHead(
  { state, found, total, use }: Pick<WatchView, "state" | "found" | "total" | "use">,
  columns: number,
  style: Style,
): string {
  const position = `${Math.min(state.selected + 1, found.length)}/${found.length}`;
  const count = found.length === total ? position : t`${position} of ${total}`;
  const room = columns - displayWidth(count) - 1;
  const question = use.kind === "pick" ? use.question : translated(SEARCH);
  const line = (typed: string) => `${question} ${typed}_`;
  if (room < displayWidth(line(""))) return style.strong(cutWidth(line(state.search), columns));
  return `${style.strong(fillWidth(line(state.search), room))} ${style.faint(count)}`;
}

/** A remark, and the keys below it; a remark that takes both lines is shown instead of them. */
function viewFoot(remark: string, use: Use, columns: number, style: Style): string[] {
  const [first = "", ...more] = wrapWhole(remark, columns);
  if (more.length === 0) return [cutWidth(first, columns), style.faint(viewKeys(use, columns))];
  return [cutWidth(first, columns), cutWidth(more.join(" "), columns)];
}

function viewKeys({ kind }: Use, columns: number): string {
  const [fitting = ""] = wrapItems(KEYS[kind].map(translated), " · ", columns);
  return cutWidth(fitting, columns);
}

function chooseColumns(found: readonly WatchedToken[], width: number): Columns {
  const wordsAlone = found.flatMap(({ code }) => (code.kind === "unwanted" ? [code.about] : []));
  if (wordsAlone.length > 0) return labelAndWords(found, wordsAlone, width);
  const code = Math.max(
    MASK.length,
    ...found.map((token) => ("code" in token.code ? groupPasscode(token.code.code).length : 0)),
  );
  const longest = Math.max(NARROWEST_LABEL, ...found.map(({ label }) => displayWidth(label)));
  const choices = [
    { bar: 10, hasNext: true },
    { bar: 5, hasNext: true },
    { bar: 10, hasNext: false },
    { bar: 5, hasNext: false },
  ];
  const room = ({ bar, hasNext }: { bar: number; hasNext: boolean }) =>
    width - 2 - 2 - code - 2 - (bar === 0 ? 0 : bar + 1) - COUNTDOWN - (hasNext ? 7 + code : 0);
  const chosen = choices.find(
    (choice) => room(choice) >= Math.min(longest, 2 * NARROWEST_LABEL),
  ) ?? {
    bar: 0,
    hasNext: false,
  };
  return { ...chosen, code, label: Math.max(0, Math.min(room(chosen), longest)) };
}

/** The columns of tokens without passcodes: the words give way to the labels. */
function labelAndWords(
  found: readonly WatchedToken[],
  words: readonly string[],
  width: number,
): Columns {
  const longest = Math.max(...found.map(({ label }) => displayWidth(label)));
  const room = width - 2 - 2 - Math.max(...words.map(displayWidth));
  const label = room >= Math.min(longest, 2 * NARROWEST_LABEL) ? room : width - 2;
  return { label: Math.max(0, Math.min(label, longest)), code: 0, bar: 0, hasNext: false };
}

interface Look {
  readonly columns: Columns;
  readonly isSelected: boolean;
  readonly now: Date;
  readonly use: Use;
}

function viewToken(
  { label, code }: WatchedToken,
  { columns, isSelected, now, use }: Look,
  width: number,
  style: Style,
): string {
  const gap = columns.code > 0 ? "  " : "";
  const name = columns.label > 0 ? `${fillWidth(label, columns.label)}${gap}` : "";
  const left = cutWidth(
    `${isSelected ? ">" : " "} ${name}${passcodeOf(code).padStart(columns.code)}`,
    width,
  );
  const room = width - displayWidth(left) - 2;
  const { text, isEnding } = viewTime(code, { columns, now, use }, room);
  const rest = cutWidth(text, room);
  return `${isSelected ? style.strong(left) : left}  ${isEnding ? style.warning(rest) : rest}`.trimEnd();
}

function passcodeOf(code: WatchedCode): string {
  if (code.kind === "unwanted") return "";
  if (code.kind === "none") return "-";
  return code.kind === "masked" ? MASK : groupPasscode(code.code);
}

function viewTime(
  code: WatchedCode,
  { columns, now, use }: Omit<Look, "isSelected">,
  room: number,
): { readonly text: string; readonly isEnding: boolean } {
  switch (code.kind) {
    case "timed": {
      const left = Math.max(0, Math.ceil((code.validUntil.getTime() - now.getTime()) / 1000));
      const isEnding = left <= ENDING_SECONDS;
      const next =
        columns.hasNext && isEnding && code.next ? `  ${t`next ${groupPasscode(code.next)}`}` : "";
      return {
        text: `${viewBar(code, columns.bar, now)}${`${left} s`.padStart(COUNTDOWN)}${next}`,
        isEnding,
      };
    }
    case "counted":
      return { text: t`counter ${code.counter}`, isEnding: false };
    case "masked": {
      const why = translated(WHY_MASKED[use.kind][code.by] ?? "");
      const short = translated(WHY_IN_SHORT[code.by] ?? "");
      return { text: displayWidth(why) <= room ? why : short, isEnding: false };
    }
    case "unwanted":
      return { text: displayWidth(code.about) <= room ? code.about : "", isEnding: false };
    case "none":
      return { text: code.why, isEnding: false };
  }
}

function viewBar(
  { validFrom, validUntil }: { validFrom: Date; validUntil: Date },
  width: number,
  now: Date,
): string {
  if (width === 0) return "";
  const left =
    (validUntil.getTime() - now.getTime()) / (validUntil.getTime() - validFrom.getTime());
  const filled = Math.min(width, Math.max(0, Math.ceil(left * width)));
  // another shape, for those who do not see the colour
  return `${(isEndingAt(now, { validUntil }) ? "!" : "█").repeat(filled)}${"░".repeat(width - filled)} `;
}

/**
 * What the row of the selected token has no room for: the next passcode when it comes, else when
 * the token was last used.
 */
function aboutSelected(token: WatchedToken | undefined, { hasNext }: Columns, now: Date): string {
  if (!token) return "";
  const { code, lastUsedAt } = token;
  const next = code.kind === "timed" && !hasNext && isEndingAt(now, code) ? code.next : null;
  if (next) return t`next ${groupPasscode(next)}`;
  return lastUsedAt ? t`last used ${sayingWhen(now)(lastUsedAt)}` : t("never used");
}

function isEndingAt(now: Date, { validUntil }: { readonly validUntil: Date }): boolean {
  return validUntil.getTime() - now.getTime() <= ENDING_SECONDS * 1000;
}
