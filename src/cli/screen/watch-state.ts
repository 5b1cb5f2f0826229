import type { Key } from "./keys.ts";

/** What can be told of a token's passcode at the moment. */
export type WatchedCode =
  | {
      readonly kind: "timed";
      readonly code: string;
      readonly validFrom: Date;
      readonly validUntil: Date;
      readonly next: string | null;
    }
  | { readonly kind: "counted"; readonly code: string; readonly counter: bigint }
  /** A PIN is needed, or the passcode would use a counter up. */
  | { readonly kind: "masked"; readonly by: "PIN" | "counter" }
  | { readonly kind: "none"; readonly why: string };

/** One token on the screen; its texts are printable. */
export interface WatchedToken {
  readonly id: string;
  readonly label: string;
  readonly code: WatchedCode;
}

/** What a person has done to the screen: typed a search, selected a token. */
export interface WatchState {
  readonly search: string;
  /** Index among the tokens that the search finds. */
  readonly selected: number;
}

/** What a key asks for that the screen cannot do by itself. */
export type Wish = "leave" | "copy" | "show";

/** A screen where nothing has been done yet. */
export const UNTOUCHED: WatchState = { search: "", selected: 0 };

/** Longer than any name. */
const MAX_SEARCH = 100;

/**
 * What a key does; `found` is how many tokens the search finds, `page` how many the screen shows.
 */
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
      return { state, wish: "copy" };
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

/** The text without what a person sees as its last character. */
export function withoutLast(text: string): string {
  const last = [...new Intl.Segmenter().segment(text)].at(-1);
  return last ? text.slice(0, last.index) : "";
}
