import measure from "fast-string-truncated-width";

const ELLIPSIS = "…";

/**
 * The width of a text in terminal cells: East Asian wide characters and emoji take two; combining
 * marks and escape sequences none.
 */
export function displayWidth(text: string): number {
  return measure(text).width;
}

/**
 * Cuts a text without escape sequences to `width` cells, with an ellipsis at the end of a cut text.
 */
export function cutWidth(text: string, width: number): string {
  if (displayWidth(text) <= width) return text;
  let fitting = "";
  let left = width - displayWidth(ELLIPSIS);
  // a grapheme cluster is never cut in two
  for (const { segment } of new Intl.Segmenter().segment(text)) {
    left -= displayWidth(segment);
    if (left < 0) break;
    fitting += segment;
  }
  return width > 0 ? fitting + ELLIPSIS : "";
}

/** {@link cutWidth}, padded with spaces to exactly `width` cells. */
export function fillWidth(text: string, width: number): string {
  const fitting = cutWidth(text, width);
  return fitting + " ".repeat(Math.max(0, width - displayWidth(fitting)));
}

/** Wraps a text at spaces into lines of at most `width` cells; a longer word stays whole. */
export function wrapWords(text: string, width: number): string[] {
  return joinInLines(text.split(" "), " ", width);
}

/** Wraps a text at spaces into lines of at most `width` cells; a longer word is broken. */
export function wrapWhole(text: string, width: number): string[] {
  return wrapItems(text.split(" ").filter(Boolean), " ", width);
}

/**
 * Wraps items into lines of at most `width` cells, with `gap` between those of one line; a longer
 * item is broken.
 */
export function wrapItems(items: readonly string[], gap: string, width: number): string[] {
  return joinInLines(
    items.flatMap((item) => breakItem(item, width)),
    gap,
    width,
  );
}

function joinInLines(items: readonly string[], gap: string, width: number): string[] {
  const lines: string[] = [];
  for (const item of items) {
    const longer = `${lines.at(-1)}${gap}${item}`;
    if (lines.length > 0 && displayWidth(longer) <= width) lines[lines.length - 1] = longer;
    else lines.push(item);
  }
  return lines;
}

function breakItem(item: string, width: number): string[] {
  if (displayWidth(item) <= width) return [item];
  const parts: string[] = [];
  let part = "";
  // a grapheme cluster is never cut in two
  for (const { segment } of new Intl.Segmenter().segment(item)) {
    if (part !== "" && displayWidth(part + segment) > width) {
      parts.push(part);
      part = "";
    }
    part += segment;
  }
  return [...parts, part];
}
