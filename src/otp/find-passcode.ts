import { type HotpInput, hotp } from "./hotp.ts";
import { findInLargeWindow, isLargeSearch } from "./large-window.ts";
import { findOffset } from "./verify.ts";
import type { Window } from "./window.ts";

/**
 * The offset of the counter, or time step, at which a token gives a passcode: the nearest in the
 * window, ahead before back; null when none does. The whole window is walked every time.
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
