/** Terminals that know these marks show all changes between them at once; others ignore them. */
const TOGETHER = ["\u001b[?2026h", "\u001b[?2026l"] as const;

const CLEAR = "\u001b[2J";

/**
 * What turns a screen that shows the lines `shown`, or null for anything, into one that shows
 * `next`: the lines that differ, each in its place.
 */
export function repaint(shown: readonly string[] | null, next: readonly string[]): string {
  const changes = shown === null ? [CLEAR] : [];
  for (let row = 0; row < Math.max(shown?.length ?? 0, next.length); row++) {
    const line = next[row] ?? "";
    if (line !== (shown?.[row] ?? "")) changes.push(`\u001b[${row + 1};1H\u001b[2K${line}`);
  }
  return changes.length === 0 ? "" : `${TOGETHER[0]}${changes.join("")}${TOGETHER[1]}`;
}
