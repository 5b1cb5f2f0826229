import type { Key } from "./keys.ts";

/** The passcode of a token at the moment. */
export type WatchedCode =
  | {
      readonly kind: "timed";
      readonly code: string;
      readonly validFrom: Date;
      readonly validUntil: Date;
      readonly next: string | null;
    }
  | { readonly kind: "counted"; readonly code: string; readonly counter: bigint }
  /**
   * Hidden, because it needs a PIN, would use up a counter or an entry of a list, or a person is
   * asked before.
   */
  | { readonly kind: "masked"; readonly by: "PIN" | "counter" | "list" | "question" }
  | { readonly kind: "none"; readonly why: string }
  /** Nobody wants it: the token is picked for something else. */
  | { readonly kind: "unwanted"; readonly about: string };

/** One token on the screen. Its texts are safe for a terminal. */
export interface WatchedToken {
  readonly id: string;
  readonly label: string;
  readonly code: WatchedCode;
  /** Null for one that was never used. */
  readonly lastUsedAt: Date | null;
}

/** The input of the person: the search text and the selected token. */
export interface WatchState {
  readonly search: string;
  /** The index among the found tokens. */
  readonly selected: number;
}

/** An action that a key requests. */
export type Wish = "leave" | "choose" | "show";

/** The initial state. */
export const UNTOUCHED: WatchState = { search: "", selected: 0 };

/** The longest search text, in characters. */
const MAX_SEARCH = 100;

/** Handles a key. `found` is the number of found tokens, `page` the number of tokens on a page. */
export function pressKey(
  state: WatchState,
  key: Key,
  { found, page }: { readonly found: number; readonly page: number },
): { readonly state: WatchState; readonly wish: Wish | null } {
  const stay = (next: WatchState) => ({ state: next, wish: null });
  const go = (to: number) => stay({ ...state, selected: Math.max(0, Math.min(to, found - 1)) });
  const search = (text: string) => stay({ search: text.slice(0, MAX_SEARCH), selected: 0 });
  switch (key.name) {
    case "text":
      return search(state.search + ("text" in key ? key.text : ""));
    case "backspace":
      return search(withoutLast(state.search));
    case "ctrl-u":
      return search("");
    case "escape":
      return state.search === "" ? { state, wish: "leave" } : search("");
    case "enter":
      return { state, wish: "choose" };
    case "tab":
      return { state, wish: "show" };
    case "up":
    case "ctrl-p":
      return go(state.selected - 1);
    case "down":
    case "ctrl-n":
      return go(state.selected + 1);
    case "page-up":
      return go(state.selected - page);
    case "page-down":
      return go(state.selected + page);
    case "home":
      return go(0);
    case "end":
      return go(found - 1);
    default:
      return stay(state);
  }
}

/** The text without its last grapheme cluster. */
export function withoutLast(text: string): string {
  const last = [...new Intl.Segmenter().segment(text)].at(-1);
  return last ? text.slice(0, last.index) : "";
}
