// A program that draws on a terminal, for the test of what it leaves behind: shows keys, and fails
// when told to.
import { createInterface } from "node:readline/promises";
import { TerminalScreen } from "#cli/screen/terminal-screen.ts";

const pressed: string[] = [];

/** A question of another maker, which wants the terminal as it is without us. */
async function askByLine(): Promise<void> {
  const lines = createInterface({ input: process.stdin, output: process.stdout });
  pressed.push(`answer ${await lines.question("asked aside? ")}`);
  lines.close();
}

const screen = new TerminalScreen({ input: process.stdin, output: process.stdout });
try {
  while (pressed.at(-1) !== "escape") {
    screen.draw([
      `${screen.size.columns} x ${screen.size.rows}`,
      `process ${process.pid}.`,
      ...pressed.slice(-5),
    ]);
    const key = await screen.nextKey(60_000);
    if (key) pressed.push("text" in key ? key.text : key.name);
    if (key?.name === "ctrl-f") setImmediate(() => Promise.reject(new Error("it failed")));
    if (key?.name === "ctrl-o") await screen.aside(askByLine);
  }
} catch (error) {
  process.exitCode = (error as { exitCode: number }).exitCode;
} finally {
  screen.close();
}
