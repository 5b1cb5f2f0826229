/**
 * A page with another text between two marks, which stay. Throws where a mark is missing.
 * @param {string} page @param {string} start @param {string} end @param {string} text
 */
export function replaceBetween(page, start, end, text) {
  const from = page.indexOf(start);
  const to = page.indexOf(end, from + start.length);
  if (from < 0 || to < 0) throw new Error(`the page has no place between ${start} and ${end}`);
  return `${page.slice(0, from)}${start}\n\n${text}\n\n${page.slice(to)}`;
}
