import { t } from "#base/language.ts";
import { beginsOption, findOption } from "#push/option.ts";
import { goneInWords, type PushEvent, tryingAgain } from "#push/push-event.ts";
import { type PushRequest, waitsOn } from "#push/push-request.ts";
import { printable } from "#token/printable.ts";
import { answerInWords, type PushAnswer } from "#token/push-answer.ts";
import type { Key } from "./keys.ts";
import { withoutLast } from "./watch-state.ts";

/** What the person is doing. A mode about one request ends when that request goes away. */
type PushMode =
  | { readonly kind: "watching" }
  /** `a` was pressed: only Enter approves. */
  | { readonly kind: "approving"; readonly id: string }
  /** The person types the option that the login page shows; Enter approves with it. */
  | { readonly kind: "choosing"; readonly id: string; readonly typed: string }
  /** Denying all of them was asked for: Enter denies, and nothing else does. */
  | { readonly kind: "denying-all" }
  /** `d` was pressed: it is denied in a moment, and until then the person can report it. */
  | { readonly kind: "denying"; readonly id: string; readonly until: Date }
  /** Answers are being sent. */
  | { readonly kind: "sending"; readonly count: number }
  /** The person must type this code at the login page. */
  | { readonly kind: "code"; readonly code: string; readonly message: string | null };

/** What of a request a picture showed: rows from `top` on, as many as `room`. */
export interface Sight {
  readonly id: string;
  /** How wide the screen was: at another width, the rows are others. */
  readonly columns: number;
  readonly top: number;
  readonly room: number;
  /** How many rows the request has, and how many of them must be seen before it is approved. */
  readonly total: number;
  readonly essential: number;
  /** Whether the screen is too small to show what would be approved. */
  readonly isTooSmall: boolean;
}

/** One thing that happened, safe for a terminal. */
export interface PushNote {
  readonly at: Date;
  readonly text: string;
}

/** The state of the screen of login requests, without the time. */
export interface PushScreenState {
  /** The requests that wait, the oldest first. */
  readonly requests: readonly PushRequest[];
  /** How many requests arrived in the last minute. */
  readonly perMinute: number;
  /** The id of the shown request; null when there is none. */
  readonly shownId: string | null;
  /** Whether the person has turned to the one that is shown: an older one is shown otherwise. */
  readonly isPaged: boolean;
  readonly mode: PushMode;
  /** What of the shown request the last picture showed; null before the first one. */
  readonly sight: Sight | null;
  /** The ids of requests that were shown to their end: only these are approved. */
  readonly read: ReadonlySet<string>;
  /** What happened lately, the newest last. */
  readonly notes: readonly PushNote[];
  /** What became of the last answer to a request that waits on, until a key is pressed. */
  readonly said: { readonly id: string; readonly text: string } | null;
  /** Current problems with servers and clocks, by subject. */
  readonly troubles: ReadonlyMap<string, string>;
}

/** An action that a key requests, in addition to a state change. */
export type PushWish =
  | { readonly kind: "answer"; readonly request: PushRequest; readonly answer: PushAnswer }
  | { readonly kind: "deny-all" | "leave" };

/** The next state, and the requested action. */
export interface PushStep {
  readonly state: PushScreenState;
  readonly wish: PushWish | null;
}

/** How long a denied request can still be reported, in milliseconds. */
export const REPORT_MS = 6_000;

/**
 * This many requests a minute are a flood: an attacker hopes that the person approves one to stop
 * them.
 */
export const FLOOD = 6;

const MAX_NOTES = 50;

const WATCHING: PushMode = { kind: "watching" };

/** The initial state. */
export const QUIET: PushScreenState = {
  ...{ requests: [], perMinute: 0, shownId: null, isPaged: false },
  ...{ mode: WATCHING, sight: null, read: new Set(), notes: [], said: null, troubles: new Map() },
};

/** The shown request, or null. */
export function shownRequest({ requests, shownId }: PushScreenState): PushRequest | null {
  return requests.find(({ id }) => id === shownId) ?? null;
}

/**
 * The screen with the requests that wait now, which are given the newest first. The oldest is
 * shown, so that a new one never takes the place of another. What the person is about to do with
 * one that has gone is not done to another.
 */
export function withRequests(
  state: PushScreenState,
  newestFirst: readonly PushRequest[],
  perMinute: number,
): PushScreenState {
  const requests = newestFirst.toReversed();
  const isThere = (id: string | null) => requests.some((request) => request.id === id);
  const { mode } = state;
  const isAboutOne = "id" in mode;
  const isOver =
    (isAboutOne && !isThere(mode.id)) || (mode.kind === "denying-all" && requests.length === 0);
  const keeps = (isAboutOne || mode.kind === "sending" || state.isPaged) && isThere(state.shownId);
  return {
    ...state,
    requests,
    perMinute,
    shownId: keeps ? state.shownId : (requests[0]?.id ?? null),
    isPaged: keeps && state.isPaged,
    mode: isOver ? WATCHING : mode,
    read: new Set([...state.read].filter(isThere)),
  };
}

/** The screen after a picture of it was drawn. */
export function withSight(state: PushScreenState, sight: Sight | null): PushScreenState {
  const isRead = sight && !sight.isTooSmall && sight.top + sight.room >= sight.essential;
  return { ...state, sight, read: isRead ? new Set([...state.read, sight.id]) : state.read };
}

/** Whether the shown request can be approved: it was shown whole, and the screen is no smaller. */
export function isApprovable({ shownId, sight, read }: PushScreenState): boolean {
  return shownId !== null && sight?.id === shownId && !sight.isTooSmall && read.has(shownId);
}

/** The screen after something happened. */
export function withEvent(state: PushScreenState, event: PushEvent, now: Date): PushScreenState {
  switch (event.kind) {
    case "request":
      return state;
    case "answered":
      return withOutcome(state, event, now);
    case "gone":
      return withNote(state, `${goneInWords(event.reason)}: ${wordingOf(event.request)}`, now);
    case "refusal":
      return withNote(state, t`dropped for ${printable(event.token)}: ${event.message}`, now);
    case "ended":
      return withNote(
        state,
        t`${printable(event.token)} is listened to no longer: ${event.message}`,
        now,
      );
    case "offline":
      return withTrouble(state, placeOf(event), tryingAgain(event.message, event.hint));
    case "online":
      return withNote(
        withTrouble(state, placeOf(event), null),
        t`${printable(event.server)} answers again`,
        now,
      );
    case "drift":
      return withTrouble(state, clockOf(event), describeDrift(event));
    case "steady":
      return withTrouble(state, clockOf(event), null);
  }
}

/** Updates the state after all answers were sent. */
export function withAnswersSent(state: PushScreenState): PushScreenState {
  return state.mode.kind === "sending" ? { ...state, mode: WATCHING, isPaged: false } : state;
}

/** The text of a request in one line that is safe for a terminal. */
export function wordingOf({ title, question }: Pick<PushRequest, "title" | "question">): string {
  return printable([title, question].filter(Boolean).join(": "));
}

/** Adds an event to the state. */
export function withNote(state: PushScreenState, text: string, at: Date): PushScreenState {
  return { ...state, notes: [...state.notes, { at, text: printable(text) }].slice(-MAX_NOTES) };
}

/** Adds what became of an answer to a request, which is shown where the person looks next. */
export function withSaid(
  state: PushScreenState,
  { id }: Pick<PushRequest, "id">,
  text: string,
): PushScreenState {
  return { ...state, said: { id, text: printable(text) } };
}

/**
 * Handles a key. Enter alone never approves, and a key never applies to another request than the
 * one it was meant for.
 */
export function pressPushKey(before: PushScreenState, key: Key, now: Date): PushStep {
  const state = { ...before, said: null };
  const { mode } = state;
  const pressed = nameOf(key);
  const scrolled = scroll(state, pressed);
  if (scrolled) return stay(scrolled);
  switch (mode.kind) {
    case "watching":
      return typeOption(state, "", key) ?? watch(state, key, now);
    case "approving":
      return pressed === "enter" && isApprovable(state)
        ? answerShown(state, { kind: "approve", choice: null })
        : back(state);
    case "choosing":
      return choose(state, mode, key, now);
    case "denying-all":
      return pressed === "enter"
        ? { state: sending(state, state.requests.length), wish: { kind: "deny-all" } }
        : back(state);
    case "denying":
      return answerShown(state, { kind: "deny", isReport: pressed === "r" });
    case "sending":
      return stay(state);
    case "code":
      return back(state);
  }
}

/**
 * Handles the passing of time: a denied request is sent as denied when the time for a report is
 * over.
 */
export function passTime(state: PushScreenState, now: Date): PushStep {
  const { mode } = state;
  if (mode.kind !== "denying" || now < mode.until) return stay(state);
  return answerShown(state, { kind: "deny", isReport: false });
}

function withOutcome(
  state: PushScreenState,
  event: PushEvent & { kind: "answered" },
  now: Date,
): PushScreenState {
  const { request, answer, outcome } = event;
  const wording = wordingOf(request);
  if (waitsOn(answer, outcome))
    return withSaid(
      withNote(state, t`${wording}: not accepted, the choice is wrong, or too late`, now),
      request,
      t("not accepted: the choice is wrong, or it is too late"),
    );
  if (!outcome.isAccepted)
    return withNote(
      state,
      t`${wording}: not accepted, it is too late, or was answered elsewhere`,
      now,
    );
  const { displayCode, message } = outcome;
  const noted = withNote(
    state,
    [`${answerInWords(answer)}: ${wording}`, message].filter(Boolean).join("; "),
    now,
  );
  if (displayCode === undefined) return noted;
  return {
    ...noted,
    mode: { kind: "code", code: printable(displayCode), message: message ?? null },
  };
}

function watch(state: PushScreenState, key: Key, now: Date): PushStep {
  const pressed = nameOf(key);
  const shown = shownRequest(state);
  switch (pressed) {
    case "q":
    case "escape":
      return { state, wish: { kind: "leave" } };
    case "left":
    case "up":
      return stay(turn(state, -1));
    case "right":
    case "down":
      return stay(turn(state, 1));
  }
  if (!shown) return stay(state);
  const { id } = shown;
  switch (pressed) {
    case "a":
      // where there are options, the one that is typed approves
      if (shown.options.length > 0) return stay(withWanted(state, shown));
      return stay(isApprovable(state) ? { ...state, mode: { kind: "approving", id } } : state);
    case "d":
    case "delete":
      // the request was drawn before another took its place
      if (state.sight?.id !== id) return stay(state);
      return stay({
        ...state,
        mode: { kind: "denying", id, until: new Date(now.getTime() + REPORT_MS) },
      });
    case "D":
    case "ctrl-d":
      return stay({ ...state, mode: { kind: "denying-all" } });
    default:
      return stay(key.name === "text" ? withWanted(state, shown) : state);
  }
}

/** The screen after a text that none of the options begins with: it says what is to be typed. */
function withWanted(state: PushScreenState, shown: PushRequest): PushScreenState {
  const { options } = shown;
  if (options.length === 0 || !isApprovable(state)) return state;
  return withSaid(state, shown, t("one of these is to be typed"));
}

function choose(
  state: PushScreenState,
  { typed }: PushMode & { kind: "choosing" },
  key: Key,
  now: Date,
): PushStep {
  const shown = shownRequest(state);
  switch (key.name) {
    case "enter": {
      const choice = findOption(shown?.options ?? [], typed);
      if (choice === null) return stay(shown ? withWanted(state, shown) : state);
      return isApprovable(state) ? answerShown(state, { kind: "approve", choice }) : stay(state);
    }
    case "backspace":
      return stay(withTyped(state, withoutLast(typed)));
    case "text":
      // what none of the options begins with is a slip
      return typeOption(state, typed, key) ?? stay(shown ? withWanted(state, shown) : state);
    case "delete":
    case "ctrl-d":
      return watch(back(state).state, key, now);
    default:
      return back(state);
  }
}

/** What a key adds to the beginning of an option; null where no option begins so. */
function typeOption(state: PushScreenState, typed: string, key: Key): PushStep | null {
  if (key.name !== "text" || !shownRequest(state)) return null;
  const text = typed + key.text;
  if (!beginsOption(shownRequest(state)?.options ?? [], text)) return null;
  return stay(isApprovable(state) ? withTyped(state, text) : state);
}

function withTyped(state: PushScreenState, typed: string): PushScreenState {
  const { shownId: id } = state;
  if (typed === "" || id === null) return back(state).state;
  return { ...state, mode: { kind: "choosing", id, typed } };
}

function nameOf(key: Key): string {
  return key.name === "text" ? key.text : key.name;
}

/**
 * The next rows of a request that does not fit, or those before; null for other keys. The last row
 * that was seen is seen again, so that none is left out.
 */
function scroll(state: PushScreenState, pressed: string): PushScreenState | null {
  const { sight, shownId, mode } = state;
  const isReading = mode.kind === "watching" || mode.kind === "approving";
  // a blank may be a part of the option that is typed
  if (!isReading && (mode.kind !== "choosing" || pressed === " ")) return null;
  if (!sight || sight.id !== shownId || sight.room >= sight.total) return null;
  const page = Math.max(1, sight.room - 1);
  const steps: Readonly<Record<string, number>> = {
    ...{ up: -1, down: 1, "page-up": -page, "page-down": page, " ": page },
  };
  // a terminal may send blanks that were pressed quickly as one text
  const name = /^ +$/.test(pressed) ? " " : pressed;
  const step = Object.hasOwn(steps, name) ? steps[name] : undefined;
  if (step === undefined) return null;
  const top = Math.max(0, Math.min(sight.total - sight.room, sight.top + step));
  return { ...state, sight: { ...sight, top } };
}

function answerShown(state: PushScreenState, answer: PushAnswer): PushStep {
  const request = shownRequest(state);
  return request
    ? { state: sending(state, 1), wish: { kind: "answer", request, answer } }
    : back(state);
}

function sending(state: PushScreenState, count: number): PushScreenState {
  return { ...state, mode: { kind: "sending", count } };
}

function turn(state: PushScreenState, by: number): PushScreenState {
  const { requests, shownId } = state;
  const at = requests.findIndex(({ id }) => id === shownId);
  const next = requests[Math.max(0, Math.min(requests.length - 1, at + by))];
  return next ? { ...state, shownId: next.id, isPaged: next !== requests[0] } : state;
}

function stay(state: PushScreenState): PushStep {
  return { state, wish: null };
}

function back(state: PushScreenState): PushStep {
  return stay({ ...state, mode: WATCHING });
}

function withTrouble(state: PushScreenState, about: string, text: string | null): PushScreenState {
  const troubles = new Map(state.troubles);
  if (text === null) troubles.delete(about);
  else troubles.set(about, printable(text));
  return { ...state, troubles };
}

function placeOf({
  server,
  token,
}: {
  readonly server: string;
  readonly token: string | null;
}): string {
  return token === null ? server : `${server} for ${token}`;
}

function clockOf({ server }: { readonly server: string }): string {
  return `clock of ${server}`;
}

function describeDrift({
  server,
  offsetSeconds,
}: {
  readonly server: string;
  readonly offsetSeconds: number;
}): string {
  return offsetSeconds > 0
    ? t`this clock is ${offsetSeconds} s ahead of ${server}'s: set it, or answers are refused`
    : t`this clock is ${-offsetSeconds} s behind ${server}'s: set it, or answers are refused`;
}
