import { type HotpInput, hotp } from "./hotp.ts";
import { findInLargeWindow, isLargeSearch } from "./large-window.ts";
import { findOffset } from "./verify.ts";
import type { Window } from "./window.ts";

/**
 * The offset of the counter or time step at which a token gives a passcode: the nearest match in
 * the window, and of two equally near ones the later. Null when there is none. Every counter of the
 * window is tried every time, so that the time taken does not depend on the match.
 */
export function findPasscode(
  token: Omit<HotpInput, "counter">,
  passcode: string,
  window: Pick<Window, "origin" | "back" | "ahead">,
): number | null {
  const search = { ...token, passcode, ...window };
  if (isLargeSearch(search)) return findInLargeWindow(search);
  return findOffset(passcode, (counter) => hotp({ ...token, counter }), window);
}
