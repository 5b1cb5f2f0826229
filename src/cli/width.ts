import measure from "fast-string-truncated-width";

const ELLIPSIS = "…";

/** How many terminal cells a text takes: East Asian wide characters and emoji take two; combining marks and escape sequences none. */
export function displayWidth(text: string): number {
  return measure(text).width;
}

/** The text, or as much of it as fits into `width` cells with an ellipsis at its end. It has no escape sequences. */
export function cutWidth(text: string, width: number): string {
  const { index, ellipsed } = measure(text, { limit: Math.max(0, width), ellipsis: ELLIPSIS });
  // half a surrogate pair is left where the cut goes through a character
  return ellipsed ? `${text.slice(0, index).replace(/[\ud800-\udbff]$/, "")}${ELLIPSIS}` : text.slice(0, index);
}

/** {@link cutWidth}, filled up with spaces to exactly `width` cells. */
export function fillWidth(text: string, width: number): string {
  const fitting = cutWidth(text, width);
  return fitting + " ".repeat(Math.max(0, width - displayWidth(fitting)));
}
