import { plural, t } from "#base/language.ts";
import type { Style } from "#cli/output/style.ts";
import { cutWidth, displayWidth, wrapItems, wrapWhole } from "#cli/output/width.ts";
import { beginsOption } from "#push/option.ts";
import type { PushRequest } from "#push/push-request.ts";
import { printable } from "#token/printable.ts";
import { largeDigits } from "./large-digits.ts";
import {
  FLOOD,
  isApprovable,
  type PushNote,
  type PushScreenState,
  type Sight,
  shownRequest,
  withSight,
} from "./push-state.ts";
import type { ScreenSize } from "./terminal-screen.ts";

/** The content of the screen of login requests. */
export interface PushView {
  readonly state: PushScreenState;
  /** The names of the tokens whose requests are shown. */
  readonly tokens: readonly string[];
  readonly now: Date;
}

/** A picture of the screen, and what of the shown request is to be seen on it. */
export interface PushPicture {
  /** None wider than the screen, and not more than it has. Nothing is told by colour alone. */
  readonly lines: string[];
  /** Null when no request waits. */
  readonly sight: Sight | null;
}

const BAR_WIDTH = 20;

/** On a smaller screen, in cells and in rows for the request, none is approved. */
const MIN_COLUMNS = 20;
const MIN_ROOM = 3;

/** The screen as lines. A request that does not fit is shown in parts. */
export function viewPush(view: PushView, size: ScreenSize, style: Style): PushPicture {
  const { columns, rows } = size;
  const { state, now } = view;
  const shown = shownRequest(state);
  const warnings = viewWarnings(state, columns, style);
  const headline = style.strong(cutWidth(headlineOf(view), columns));
  const request = shown ? viewRequest(shown, view, columns, style) : NO_REQUEST;
  const sight = shown ? see(shown, request, view, size, style) : null;
  const foot = viewMode(withPosition(view, sight), columns, style);
  const isTight = sight !== null && sight.room < sight.total;
  const gap = isTight ? [] : [""];
  const free = rows - 1 - foot.length - (sight?.room ?? 0);
  const head = [headline, ...(isTight ? warnings.slice(0, Math.max(0, free)) : warnings), ...gap];
  const body = sight ? request.lines.slice(sight.top, sight.top + sight.room) : [];
  const room = rows - head.length - body.length - foot.length - 2;
  const notes = viewNotes(state.notes, now, columns, room);
  const lines = [...head, ...body, ...gap, ...foot, "", ...notes.map((note) => style.faint(note))];
  return { lines: lines.slice(0, rows), sight };
}

/** A request as rows, and how many of them say who is asked for what and by whom. */
interface RequestRows {
  readonly lines: readonly string[];
  readonly essential: number;
}

const NO_REQUEST: RequestRows = { lines: [], essential: 0 };

/** Which rows of a request there is room for. Warnings are left out before any of them. */
function see(
  { id }: PushRequest,
  { lines, essential }: RequestRows,
  view: PushView,
  { columns, rows }: ScreenSize,
  style: Style,
): Sight {
  const { sight: before } = view.state;
  const total = lines.length;
  const isKnown = before?.id === id && before.columns === columns;
  const warnings = viewWarnings(view.state, columns, style).length;
  const whole = { id, columns, total, essential, top: 0, room: total, isTooSmall: false };
  const footOf = (sight: Sight) => viewMode(withPosition(view, sight), columns, style).length;
  const isWide = columns >= MIN_COLUMNS;
  if (isWide && rows >= 3 + warnings + total + footOf(whole)) return whole;
  const parts = { ...whole, top: isKnown ? before.top : 0, room: Math.min(MIN_ROOM, total - 1) };
  const room = rows - 1 - footOf(parts);
  if (!isWide || room < MIN_ROOM) {
    const left = rows - 1 - footOf({ ...parts, isTooSmall: true });
    return { ...parts, room: Math.max(0, Math.min(total - 1, left)), isTooSmall: true };
  }
  const spare = Math.max(MIN_ROOM, Math.min(total - 1, room - warnings));
  return { ...parts, room: spare, top: Math.min(parts.top, total - spare) };
}

/** The view as it will be once this is drawn: what can be done depends on what is seen. */
function withPosition(view: PushView, sight: Sight | null): PushView {
  return { ...view, state: withSight(view.state, sight) };
}

/** Formats a time span: `45 s`, `2 min`, `3 h`. */
export function inWords(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  if (seconds < 90) return `${seconds} s`;
  return seconds < 5400 ? t`${Math.floor(seconds / 60)} min` : `${Math.floor(seconds / 3600)} h`;
}

function headlineOf({ state: { requests }, tokens }: PushView): string {
  if (requests.length > 0)
    return plural(requests.length, "login request waits", "login requests wait");
  const [first = ""] = tokens;
  const whose =
    tokens.length === 1 ? t`the token ${printable(first)}` : plural(tokens.length, "token");
  return t`waiting for login requests of ${whose}`;
}

function viewWarnings(
  { troubles, perMinute, requests }: PushScreenState,
  columns: number,
  style: Style,
): string[] {
  const count = t`${perMinute} requests in the last minute`;
  const flood =
    requests.length > 1 ? `${count}: ${t("if you started none of them, D denies all")}` : count;
  return [...(perMinute >= FLOOD ? [flood] : []), ...troubles.values()]
    .flatMap((warning) => wrapWhole(`! ${warning}`, columns))
    .map((line) => style.warning(line));
}

function viewRequest(
  request: PushRequest,
  { state, now }: PushView,
  columns: number,
  style: Style,
): RequestRows {
  const { requests } = state;
  const place = requests.indexOf(request) + 1;
  const names = { token: t("token"), from: t("from"), asked: t("asked"), left: t("left") };
  const width = Math.max(...Object.values(names).map(displayWidth)) + 2;
  const field = (name: keyof typeof names, value: string) =>
    wrapWhole(value, Math.max(1, columns - width - 2)).map((line, i) => {
      const label = i === 0 ? names[name] : "";
      return `  ${label}${" ".repeat(width - displayWidth(label))}${line}`;
    });
  const indented = (text: string) =>
    wrapWhole(text, Math.max(1, columns - 2)).map((line) => `  ${line}`);
  const essential = [
    ...(requests.length > 1
      ? [cutWidth(t`request ${place} of ${requests.length}, the oldest first`, columns)]
      : []),
    ...indented(printable(request.title) || t("Login")).map((line) => style.strong(line)),
    ...indented(printable(request.question)),
    "",
    ...field("token", printable(request.token)),
    ...field("from", printable(request.server)),
  ];
  const times = [
    ...field("asked", t`${inWords(now.getTime() - request.receivedAt.getTime())} ago`),
    cutWidth(
      `  ${names.left}${" ".repeat(width - displayWidth(names.left))}${viewTimeLeft(request, now)}`,
      columns,
    ),
  ];
  return { lines: [...essential, ...times], essential: essential.length };
}

function viewTimeLeft({ receivedAt, expiresAt }: PushRequest, now: Date): string {
  const left = Math.max(0, expiresAt.getTime() - now.getTime());
  const part = Math.min(1, left / Math.max(1, expiresAt.getTime() - receivedAt.getTime()));
  const filled = Math.round(part * BAR_WIDTH);
  const seconds = Math.floor(left / 1000);
  const clock = `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  return `${clock}  ${"█".repeat(filled)}${"░".repeat(BAR_WIDTH - filled)}`;
}

/** What the person can do now, with the texts that they must read. */
function viewMode({ state, now }: PushView, columns: number, style: Style): string[] {
  const { mode, requests } = state;
  const shown = shownRequest(state);
  switch (mode.kind) {
    case "watching":
      return [
        ...viewChoosing(state, "", columns, style),
        ...viewSaidOrKeys(state, shown, columns, style),
      ];
    case "approving":
      // the screen may have become too small since the key was pressed
      if (!isApprovable(state)) return viewReading(state, columns, style);
      return [
        ...strong(t("Approve this login?"), columns, style),
        ...wrapWhole(t("Enter approves · any other key does not"), columns),
      ];
    case "choosing":
      return viewChoosing(state, mode.typed, columns, style);
    case "denying-all":
      return [
        ...strong(t`Deny all ${plural(requests.length, "login request")}?`, columns, style),
        ...wrapWhole(t("Enter denies them · any other key does not"), columns),
      ];
    case "denying":
      return [
        ...strong(t("Denied. Did somebody else start this login?"), columns, style),
        ...wrapWhole(
          t`r reports it · any other key does not (${inWords(mode.until.getTime() - now.getTime())})`,
          columns,
        ),
      ];
    case "sending":
      return [
        ...wrapWhole(
          mode.count === 1 ? t("sending the answer") : t`sending ${mode.count} answers`,
          columns,
        ),
      ];
    case "code":
      return viewCode(mode.code, mode.message, columns, style);
  }
}

/**
 * What became of the last answer, and the keys. Where there is no room for both, the person reads
 * the first until a key is pressed.
 */
function viewSaidOrKeys(
  state: PushScreenState,
  shown: PushRequest | null,
  columns: number,
  style: Style,
): string[] {
  const { sight } = state;
  const keys = wrapItems(keysOf(state, shown), " · ", columns).map((line) => style.faint(line));
  const said = viewSaid(state, shown, columns, style);
  const isTight = said.length > 0 && sight !== null && sight.room < sight.total;
  return [...said, ...(isTight ? [] : keys)];
}

function viewSaid(
  { said }: PushScreenState,
  shown: PushRequest | null,
  columns: number,
  style: Style,
): string[] {
  if (said === null || said.id !== shown?.id) return [];
  return wrapWhole(`! ${said.text}`, columns).map((line) => style.warning(line));
}

/** What keeps the person from approving, and how the rest of a long request is seen. */
function viewReading(state: PushScreenState, columns: number, style: Style): string[] {
  const { sight } = state;
  if (!sight || sight.room >= sight.total) return [];
  const last = sight.top + sight.room;
  const text = sight.isTooSmall
    ? t("this screen is too small to approve on: enlarge it")
    : isApprovable(state)
      ? t`rows ${sight.top + 1} to ${last} of ${sight.total}`
      : t`rows ${sight.top + 1} to ${last} of ${sight.total}: Space shows more, to approve read to the end`;
  return wrapWhole(text, columns).map((line) => style.strong(line));
}

/** The keys that do something. A letter that begins an option is typed, and another key does it. */
function keysOf(state: PushScreenState, shown: PushRequest | null): string[] {
  if (!shown) return [t("q leaves")];
  const waiting = state.requests.length;
  const { options } = shown;
  const [denies, deniesAll] = beginsOption(options, "d")
    ? [t("Delete denies"), t("Ctrl-D denies all")]
    : [t("d denies"), t("D denies all")];
  return [
    ...(options.length === 0 && isApprovable(state) ? [t("a approves")] : []),
    denies,
    ...(waiting > 1 ? [deniesAll, t("arrows turn the page")] : []),
    beginsOption(options, "q") ? t("Escape leaves") : t("q leaves"),
  ];
}

/** The options, and what keeps the person from approving: first where the screen is too small. */
function viewChoosing(
  state: PushScreenState,
  typed: string,
  columns: number,
  style: Style,
): string[] {
  const options = viewOptions(state, typed, columns, style);
  const reading = viewReading(state, columns, style);
  return state.sight?.isTooSmall ? [...reading, ...options] : [...options, ...reading];
}

/** The options of the shown request, if it has some, and what was typed of one. */
function viewOptions(
  state: PushScreenState,
  typed: string,
  columns: number,
  style: Style,
): string[] {
  const shown = shownRequest(state);
  const options = shown?.options ?? [];
  if (options.length === 0) return [];
  // in place of the question, so that the request keeps its room while the person types
  const said = typed === "" ? [] : viewSaid(state, shown, columns, style);
  return [
    ...(said.length > 0 ? said : strong(t("Which one does the login page show?"), columns, style)),
    ...wrapItems(options.map(printable), "    ", columns - 2).map((line) => `  ${line}`),
    ...(isApprovable(state)
      ? wrapWhole(t`type it, then Enter: ${printable(typed)}_`, columns)
      : []),
  ];
}

function viewCode(code: string, message: string | null, columns: number, style: Style): string[] {
  const large =
    largeDigits(code, columns - 2) ?? strong([...code].join(" "), Math.max(1, columns - 2), style);
  return [
    ...strong(t`Type this at the login page: ${code}`, columns, style),
    "",
    ...large.map((line) => `  ${line}`),
    "",
    ...(message === null ? [] : wrapWhole(printable(message), columns)),
    style.faint(cutWidth(t("any key goes on"), columns)),
  ];
}

/** A text that is never cut, in bold. */
function strong(text: string, columns: number, style: Style): string[] {
  return wrapWhole(text, columns).map((line) => style.strong(line));
}

/** As many of the latest notes as there is room for, none of them cut. */
function viewNotes(notes: readonly PushNote[], now: Date, columns: number, room: number): string[] {
  const lines: string[] = [];
  for (const { at, text } of notes.toReversed()) {
    const line = t`${inWords(now.getTime() - at.getTime())} ago  ${text}`;
    const note = displayWidth(line) <= columns ? [line] : wrapWhole(line, columns);
    if (lines.length + note.length > room) break;
    lines.push(...note);
  }
  return lines;
}
