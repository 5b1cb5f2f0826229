/** The words of a command line that are fob's own: what stands behind `--` is another program's. */
export function ownWords(argv: readonly string[]): readonly string[] {
  const end = argv.indexOf("--");
  return end < 0 ? argv : argv.slice(0, end);
}

/** Whether `--json` is an option of fob itself, not of the program that it runs. */
export function wantsJson(argv: readonly string[]): boolean {
  return ownWords(argv).includes("--json");
}
