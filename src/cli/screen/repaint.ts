/**
 * Begin and end of a synchronized update (DEC mode 2026): the terminal shows all changes at once.
 * Terminals without it ignore the sequences.
 */
const TOGETHER = ["\u001b[?2026h", "\u001b[?2026l"] as const;

const CLEAR = "\u001b[2J";

/**
 * The output that changes a screen from the lines `shown` (null: unknown content) to the lines
 * `next`: each changed line at its place.
 */
export function repaint(shown: readonly string[] | null, next: readonly string[]): string {
  const changes = shown === null ? [CLEAR] : [];
  for (let row = 0; row < Math.max(shown?.length ?? 0, next.length); row++) {
    const line = next[row] ?? "";
    if (line !== (shown?.[row] ?? "")) changes.push(`\u001b[${row + 1};1H\u001b[2K${line}`);
  }
  return changes.length === 0 ? "" : `${TOGETHER[0]}${changes.join("")}${TOGETHER[1]}`;
}
