/**
 * The style of results: colours where they are wanted, and the width of the terminal, or null when
 * there is none.
 */
export interface Style {
  readonly columns: number | null;
  /**
   * Whether a screen reader reads the result aloud: no columns, no drawings, one statement a line.
   */
  readonly isSpoken: boolean;
  readonly hasColor: boolean;
  strong(text: string): string;
  faint(text: string): string;
  good(text: string): string;
  warning(text: string): string;
  bad(text: string): string;
}

/** The inputs of {@link styleFor}. */
export interface StyleSettings {
  readonly isTerminal: boolean;
  readonly columns: number | undefined;
  readonly color: "auto" | "always" | "never";
  readonly isSpoken: boolean;
}

const asItIs = (text: string) => text;

/** Plain text, for output that is not a terminal. */
export const UNCOLORED: Style = {
  columns: null,
  isSpoken: false,
  hasColor: false,
  strong: asItIs,
  faint: asItIs,
  good: asItIs,
  warning: asItIs,
  bad: asItIs,
};

/** Creates the style for a stream: with `auto`, colours only on a terminal. */
export async function styleFor({
  isTerminal,
  columns,
  color,
  isSpoken,
}: StyleSettings): Promise<Style> {
  const plain = { ...UNCOLORED, columns: isTerminal ? columns || 80 : null, isSpoken };
  if (color === "never" || (color === "auto" && !isTerminal)) return plain;
  const { Chalk } = await import("chalk");
  const { bold, dim, green, yellow, red } = new Chalk({ level: 1 });
  return {
    ...plain,
    hasColor: true,
    strong: bold,
    faint: dim,
    good: green,
    warning: yellow,
    bad: red,
  };
}
