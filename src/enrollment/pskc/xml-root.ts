/** The first characters of the root element, behind a declaration and comments. */
export function rootOf(text: string, maxLength = 200): string {
  for (let at = 0; ; ) {
    while (at < text.length && text.charAt(at).trim() === "") at++;
    const end = text.startsWith("<!--", at) ? "-->" : text.startsWith("<?", at) ? "?>" : null;
    if (end === null) return text.slice(at, at + maxLength);
    const found = text.indexOf(end, at + 2);
    if (found < 0) return "";
    at = found + end.length;
  }
}
