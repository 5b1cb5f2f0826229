/**
 * The sequence that puts a text on the clipboard of a terminal (OSC 52 of xterm's control
 * sequences), wrapped for GNU screen to pass it through.
 */
export function clipboardSequence(text: string, env: NodeJS.ProcessEnv): string {
  const sequence = `\u001b]52;c;${Buffer.from(text).toString("base64")}\u0007`;
  return env["STY"] ? `\u001bP${sequence}\u001b\\` : sequence;
}
