import { whenSignalled } from "#base/ending.ts";
import type { Terminal } from "./prompt.ts";

/** Shows the cursor, which drawn prompts hide (DECTCEM). */
export const SHOW_CURSOR = "\u001b[?25h";

/**
 * Puts a question that reads keys one by one and without echo. A signal that ends the process in
 * the middle of it leaves the terminal as it was: Node sees to that only for SIGINT and SIGTERM,
 * and only where nobody listens to them. `leave` is written then, for what was drawn.
 */
export async function borrowTerminal<T>(
  { stdin, stderr }: Terminal,
  put: () => Promise<T>,
  leave = "",
): Promise<T> {
  const done = whenSignalled(() => {
    // a terminal that has gone cannot be set
    if (stdin.isRaw && !stdin.destroyed) stdin.setRawMode(false);
    if (leave !== "" && stderr.isTTY) stderr.write(leave);
  });
  try {
    return await put();
  } finally {
    done();
  }
}
