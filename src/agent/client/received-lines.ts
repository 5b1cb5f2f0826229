/**
 * Returns a function that takes a text piece by piece, and returns the lines that end in each
 * piece; null when a line without an end is longer than `longest` UTF-16 units. The time grows with
 * the length of the text, however long a line is.
 */
export function receivedLines(longest: number): (piece: string) => string[] | null {
  let begun: string[] = [];
  let length = 0;
  return (piece) => {
    const lines = piece.split("\n");
    const rest = lines.pop() ?? "";
    if (lines.length > 0) {
      lines[0] = begun.join("") + lines[0];
      begun = [];
      length = 0;
    }
    begun.push(rest);
    length += rest.length;
    return length > longest ? null : lines;
  };
}
