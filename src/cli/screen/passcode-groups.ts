/**
 * Formats a passcode in groups of three or four characters: `123 456`, `1234 5678`. Short ones stay
 * whole.
 */
export function groupPasscode(code: string): string {
  if (code.length < 6) return code;
  const size = code.length % 3 === 0 ? 3 : 4;
  const first = code.length % size || size;
  return [
    code.slice(0, first),
    ...(code.slice(first).match(new RegExp(`.{${size}}`, "gs")) ?? []),
  ].join(" ");
}
