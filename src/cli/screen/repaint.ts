/** Terminals that know these marks show all changes between them at once; others ignore them. */
const TOGETHER = ["\u001b[?2026h", "\u001b[?2026l"] as const;

/** Empties the screen. */
export function clearAll(): string {
  return "\u001b[2J";
}

/** What turns a screen that shows the lines `shown` into one that shows `next`: the lines that differ, each in its place. */
export function repaint(shown: readonly string[], next: readonly string[]): string {
  const changes: string[] = [];
  for (let row = 0; row < Math.max(shown.length, next.length); row++) {
    const line = next[row] ?? "";
    if (line !== (shown[row] ?? "")) changes.push(`\u001b[${row + 1};1H\u001b[2K${line}`);
  }
  return changes.length === 0 ? "" : `${TOGETHER[0]}${changes.join("")}${TOGETHER[1]}`;
}
