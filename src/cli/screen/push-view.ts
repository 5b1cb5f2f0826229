import { plural, t } from "#base/language.ts";
import type { Style } from "#cli/output/style.ts";
import { cutWidth, displayWidth } from "#cli/output/width.ts";
import { beginsOption } from "#push/option.ts";
import type { PushRequest } from "#push/push-request.ts";
import { printable } from "#token/printable.ts";
import { largeDigits } from "./large-digits.ts";
import { FLOOD, type PushNote, type PushScreenState, shownRequest } from "./push-state.ts";
import type { ScreenSize } from "./terminal-screen.ts";
import { wrapItems, wrapWhole } from "./wrap-whole.ts";

/** The content of the screen of login requests. */
export interface PushView {
  readonly state: PushScreenState;
  /** The names of the tokens whose requests are shown. */
  readonly tokens: readonly string[];
  readonly now: Date;
}

/** The most rows of a question that are shown. */
const MAX_QUESTION_ROWS = 6;

const BAR_WIDTH = 20;

/** The lines of the screen, cut to its width. No information is in colours alone. */
export function viewPush(view: PushView, { columns, rows }: ScreenSize, style: Style): string[] {
  const { state, now } = view;
  const shown = shownRequest(state);
  const head = [
    style.strong(cutWidth(headline(view), columns)),
    ...viewWarnings(state, columns, style),
    "",
  ];
  const foot = ["", ...viewMode(view, columns, style)];
  const room = Math.max(0, rows - head.length - foot.length);
  const body = (shown ? viewRequest(shown, view, columns, style) : []).slice(0, room);
  const notes = viewNotes(state.notes, now, columns).slice(0, Math.max(0, room - body.length - 1));
  const lines = [...head, ...body, ...foot, "", ...notes.map((note) => style.faint(note))];
  return lines.slice(0, rows);
}

/** Formats a time span: `45 s`, `2 min`, `3 h`. */
export function inWords(milliseconds: number): string {
  const seconds = Math.max(0, Math.floor(milliseconds / 1000));
  if (seconds < 90) return `${seconds} s`;
  return seconds < 5400 ? t`${Math.floor(seconds / 60)} min` : `${Math.floor(seconds / 3600)} h`;
}

function headline({ state: { requests }, tokens }: PushView): string {
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
  return [...(perMinute >= FLOOD ? [flood] : []), ...troubles.values()].map((warning) =>
    style.warning(cutWidth(`! ${warning}`, columns)),
  );
}

function viewRequest(
  request: PushRequest,
  { state, now }: PushView,
  columns: number,
  style: Style,
): string[] {
  const { requests } = state;
  const place = requests.indexOf(request) + 1;
  const question = wrapWhole(printable(request.question), columns - 2).slice(0, MAX_QUESTION_ROWS);
  const names = { token: t("token"), from: t("from"), asked: t("asked"), left: t("left") };
  const width = Math.max(...Object.values(names).map(displayWidth)) + 2;
  const field = (name: keyof typeof names, value: string) =>
    cutWidth(`  ${names[name]}${" ".repeat(width - displayWidth(names[name]))}${value}`, columns);
  return [
    ...(requests.length > 1
      ? [cutWidth(t`request ${place} of ${requests.length}, the oldest first`, columns)]
      : []),
    style.strong(cutWidth(`  ${printable(request.title) || t("Login")}`, columns)),
    ...question.map((line) => `  ${line}`),
    "",
    field("token", printable(request.token)),
    field("from", printable(request.server)),
    field("asked", t`${inWords(now.getTime() - request.receivedAt.getTime())} ago`),
    field("left", viewTimeLeft(request, now)),
  ];
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
        ...(shown && shown.options.length > 0 ? viewOptions(shown, "", columns, style) : []),
        ...wrapItems(keysOf(shown, requests.length), " · ", columns).map((line) =>
          style.faint(line),
        ),
      ];
    case "approving":
      return [
        style.strong(cutWidth(t("Approve this login?"), columns)),
        cutWidth(t("Enter approves · any other key does not"), columns),
      ];
    case "choosing":
      return shown ? viewOptions(shown, mode.typed, columns, style) : [];
    case "denying-all":
      return [
        style.strong(cutWidth(t`Deny all ${plural(requests.length, "login request")}?`, columns)),
        cutWidth(t("Enter denies them · any other key does not"), columns),
      ];
    case "denying":
      return [
        style.strong(cutWidth(t("Denied. Did somebody else start this login?"), columns)),
        cutWidth(
          t`r reports it · any other key does not (${inWords(mode.until.getTime() - now.getTime())})`,
          columns,
        ),
      ];
    case "sending":
      return [
        cutWidth(
          mode.count === 1 ? t("sending the answer") : t`sending ${mode.count} answers`,
          columns,
        ),
      ];
    case "code":
      return viewCode(mode.code, mode.message, columns, style);
  }
}

/** The keys that do something. A letter that begins an option is typed, and another key does it. */
function keysOf(shown: PushRequest | null, waiting: number): string[] {
  if (!shown) return [t("q leaves")];
  const { options } = shown;
  const [denies, deniesAll] = beginsOption(options, "d")
    ? [t("Delete denies"), t("Ctrl-D denies all")]
    : [t("d denies"), t("D denies all")];
  return [
    ...(options.length === 0 ? [t("a approves")] : []),
    denies,
    ...(waiting > 1 ? [deniesAll, t("arrows turn the page")] : []),
    beginsOption(options, "q") ? t("Escape leaves") : t("q leaves"),
  ];
}

function viewOptions(
  { options }: PushRequest,
  typed: string,
  columns: number,
  style: Style,
): string[] {
  return [
    style.strong(cutWidth(t("Which one does the login page show?"), columns)),
    ...wrapItems(options.map(printable), "    ", columns - 2).map((line) => `  ${line}`),
    cutWidth(t`type it, then Enter: ${printable(typed)}_`, columns),
  ];
}

function viewCode(code: string, message: string | null, columns: number, style: Style): string[] {
  const large = largeDigits(code, columns - 2) ?? [
    style.strong(cutWidth([...code].join(" "), columns - 2)),
  ];
  return [
    style.strong(cutWidth(t`Type this at the login page: ${code}`, columns)),
    "",
    ...large.map((line) => `  ${line}`),
    "",
    ...(message === null ? [] : wrapWhole(printable(message), columns)),
    style.faint(cutWidth(t("any key goes on"), columns)),
  ];
}

function viewNotes(notes: readonly PushNote[], now: Date, columns: number): string[] {
  const latest = notes.toReversed();
  return latest.map(({ at, text }) =>
    cutWidth(t`${inWords(now.getTime() - at.getTime())} ago  ${text}`, columns),
  );
}
