/** A text as one word of a POSIX shell, whatever is in it. */
export function quoteForShell(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}

/** {@link quoteForShell}, but a text that needs no quotation marks gets none. */
export function shellWord(text: string): string {
  return /^[\p{L}\p{N}._@%+:/-]+$/u.test(text) ? text : quoteForShell(text);
}
