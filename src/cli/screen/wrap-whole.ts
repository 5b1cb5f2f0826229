import { displayWidth } from "#cli/output/width.ts";

/** The words of a text in lines of at most `width` cells. Nothing is cut: a long word is broken. */
export function wrapWhole(text: string, width: number): string[] {
  return wrapItems(text.split(" ").filter(Boolean), " ", width);
}

/** Items in lines of at most `width` cells, with `gap` between those of one line. */
export function wrapItems(items: readonly string[], gap: string, width: number): string[] {
  const lines: string[] = [];
  for (const part of items.flatMap((item) => breakItem(item, width))) {
    const longer = `${lines.at(-1)}${gap}${part}`;
    if (lines.length > 0 && displayWidth(longer) <= width) lines[lines.length - 1] = longer;
    else lines.push(part);
  }
  return lines;
}

function breakItem(item: string, width: number): string[] {
  if (displayWidth(item) <= width) return [item];
  const parts: string[] = [];
  let part = "";
  for (const { segment } of new Intl.Segmenter().segment(item)) {
    if (part !== "" && displayWidth(part + segment) > width) {
      parts.push(part);
      part = "";
    }
    part += segment;
  }
  return [...parts, part];
}
