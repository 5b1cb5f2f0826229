/**
 * What lets a terminal take a text to its clipboard (OSC 52 of xterm's control sequences); GNU
 * screen hands it on when it is wrapped.
 */
export function clipboardSequence(text: string, env: NodeJS.ProcessEnv): string {
  const sequence = `\u001b]52;c;${Buffer.from(text).toString("base64")}\u0007`;
  return env["STY"] ? `\u001bP${sequence}\u001b\\` : sequence;
}
